/** What a monitoring policy must be. */
import { InvalidInputError, NotSupportedError } from '../../../errors.ts';
import { DEFAULT_ACCOUNT, type ModelParams } from '../../../model.ts';
import { findNameFlaw } from '../../../platform/bounded-input/name-flaw.ts';
import { checkPolicy as checkAlertPolicy, type AlertPolicy } from '../../metrics/alert-policy.ts';
import { checkModelParams } from '../../metrics/model-params.ts';
import { checkTagFilters, findPatternFlaw, toCanonicalFilters } from '../../metrics/tag-filter.ts';
import { POLICY_SOURCES, type PolicyMatch } from './policy.ts';

/** What is asked for; what is left out stays as it is, or is as it is by default. */
export interface PolicyChange {
  readonly name?: string;
  readonly enabled?: boolean;
  readonly match?: PolicyMatch;
  readonly model?: ModelParams;
  readonly alertPolicy?: Partial<AlertPolicy>;
}

const MAX_PATTERN_LENGTH = 1000;

/** @returns the change in the form it is stored in @throws InvalidInputError, NotSupportedError */
export function checkPolicyChange(change: PolicyChange, accountId: number): PolicyChange {
  const { name, match, model, alertPolicy } = change;
  const nameFlaw = name === undefined ? null : findNameFlaw(name);
  if (nameFlaw !== null) refuse(nameFlaw, 'name');
  if (alertPolicy !== undefined) checkAlertPolicy(alertPolicy);
  return {
    ...change,
    ...(match === undefined ? {} : { match: checkMatch(match, accountId, ['input', 'match']) }),
    ...(model === undefined ? {} : { model: checkModelParams(model, ['input', 'model']) }),
  };
}

/**
 * @param path where it stands in the input
 * @returns the match in the form it is stored in
 * @throws InvalidInputError, NotSupportedError
 */
export function checkMatch(match: PolicyMatch, accountId: number, path: readonly string[]): PolicyMatch {
  const { namePattern, tags, sources } = match;
  if (namePattern !== null) {
    const at = [...path, 'namePattern'];
    if (namePattern === '') refuseAt('expected a pattern, got an empty one', at);
    if (namePattern.length > MAX_PATTERN_LENGTH)
      refuseAt(`expected at most ${MAX_PATTERN_LENGTH} characters, got ${namePattern.length}`, at);
    const flaw = findPatternFlaw(namePattern);
    if (flaw !== null) refuseAt(`${flaw} in ${quote(namePattern)}`, at);
  }
  if (tags.length > 0) checkTagFilters(tags, [...path, 'tags']);
  if (namePattern === null && tags.length === 0)
    refuseAt('expected a namePattern or tags; the pattern * is every name', path);
  if (sources.length === 0) refuseAt('expected at least one', [...path, 'sources']);
  const other = sources.find((source) => !POLICY_SOURCES.includes(source));
  if (other !== undefined) {
    throw new NotSupportedError(
      `${[...path, 'sources'].join('.')}: metrics of ${other} do not come to be known by themselves; expected ${POLICY_SOURCES.join(' or ')}`,
    );
  }
  if (accountId !== DEFAULT_ACCOUNT && sources.includes('CLOUDWATCH')) {
    throw new NotSupportedError(
      `${[...path, 'sources'].join('.')}: CLOUDWATCH metrics belong to the default account`,
    );
  }
  return { namePattern, tags: toCanonicalFilters(tags), sources: [...new Set(sources)] };
}

function refuse(what: string, field: string): never {
  refuseAt(what, ['input', field]);
}

function refuseAt(what: string, path: readonly string[]): never {
  throw InvalidInputError.at(path, what);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
