/** Filters by tag, and by what else EC2 filters resources by, with EC2's wildcards. Pure. */
import { InvalidInputError } from '../../errors.ts';
import {
  isAttributeName,
  listAttributeNames,
  type ResourceAttributes,
} from '../sources/resource-attributes.ts';

/** The values are alternatives; of several filters every one has to match. */
export interface TagFilter {
  /** Of a tag, or one of EC2's filters, such as instance-type; after `tag:` always that of a tag. */
  readonly key: string;
  /** Whole values, case-sensitive: `*` any run, `?` one character, `\` before one of these or itself takes it as it is. */
  readonly values: readonly string[];
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** A resource as filters see it. */
export interface FilteredResource {
  /** Null for a metric of no resource. */
  readonly resourceId: string | null;
  readonly state: string | null;
  readonly tags: readonly Tag[];
  readonly attributes: ResourceAttributes;
}

const TAG_PREFIX = 'tag:';
const STATE_FILTER = 'instance-state-name';
const MAX_FILTERS = 10;
const MAX_VALUES = 200;
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;

/**
 * @param path where the filters stand in the input
 * @param type of the resources; null for every type
 * @throws InvalidInputError naming the filter and what is wrong with it
 */
export function checkTagFilters(
  filters: readonly TagFilter[],
  path: readonly string[],
  type: string | null = null,
): void {
  const refuse = (what: string, ...where: string[]): never => {
    const full = [...path, ...where];
    throw new InvalidInputError(`${full.join('.')}: ${what}`, full);
  };
  if (filters.length === 0) refuse('at least one filter is required');
  if (filters.length > MAX_FILTERS) refuse(`expected at most ${MAX_FILTERS}, got ${filters.length}`);
  const seen = new Set<string>();
  for (const [index, { key: given, values }] of filters.entries()) {
    const at = String(index);
    const key = toCanonicalKey(given);
    const known = listAttributeNames(type);
    if (key.trim() === '' || given.trim() === TAG_PREFIX)
      refuse('expected the key of a tag, got an empty one', at, 'key');
    if (key.length > MAX_KEY_LENGTH) refuse(`expected at most ${MAX_KEY_LENGTH} characters`, at, 'key');
    if (isAttributeName(key) && !known.includes(key))
      refuse(`resources of ${String(type)} have no ${key}; they have ${known.join(', ')}`, at, 'key');
    if (seen.has(key)) refuse(`${JSON.stringify(given)} is given twice`, at, 'key');
    seen.add(key);
    if (values.length === 0) refuse('at least one value is required', at, 'values');
    if (values.length > MAX_VALUES) refuse(`expected at most ${MAX_VALUES}`, at, 'values');
    for (const [place, value] of values.entries()) {
      if (value.length > MAX_VALUE_LENGTH)
        refuse(`expected at most ${MAX_VALUE_LENGTH} characters`, at, 'values', String(place));
      const flaw = findPatternFlaw(value);
      if (flaw !== null) refuse(`${flaw} in ${JSON.stringify(value)}`, at, 'values', String(place));
    }
  }
}

/** One form for filters that mean the same: `tag:` stays only where it is needed. */
export function toCanonicalFilters(filters: readonly TagFilter[]): readonly TagFilter[] {
  return filters.map(({ key, values }) => ({ key: toCanonicalKey(key), values: [...values] }));
}

/** Whether they choose the states themselves. */
export function chooseStates(filters: readonly TagFilter[]): boolean {
  return filters.some(({ key }) => key === STATE_FILTER);
}

/** Filters that have been checked. A key the resource does not have never matches; no filters match nobody. */
export function matchesTags(filters: readonly TagFilter[], resource: FilteredResource): boolean {
  const matches = ({ key, values }: TagFilter) =>
    readValues(key, resource).some((held) => values.some((pattern) => matchesWildcards(pattern, held)));
  return filters.length > 0 && filters.every(matches);
}

function toCanonicalKey(key: string): string {
  if (!key.startsWith(TAG_PREFIX)) return key;
  const tag = key.slice(TAG_PREFIX.length);
  return isAttributeName(tag) || tag.startsWith(TAG_PREFIX) ? key : tag;
}

/** What the key of a filter means: the key of a tag, or one of EC2's filters. */
export function readCanonicalKey(given: string): { readonly key: string; readonly isTag: boolean } {
  const key = toCanonicalKey(given);
  if (key.startsWith(TAG_PREFIX)) return { key: key.slice(TAG_PREFIX.length), isTag: true };
  return { key, isTag: !isAttributeName(key) };
}

function readValues(
  given: string,
  { resourceId, state, tags, attributes }: FilteredResource,
): readonly string[] {
  const { key, isTag } = readCanonicalKey(given);
  if (isTag) return tags.filter((tag) => tag.key === key).map(({ value }) => value);
  if (key === STATE_FILTER) return state === null ? [] : [state];
  if (key === 'instance-id' || key === 'volume-id') return resourceId === null ? [] : [resourceId];
  if (key === 'tag-key') return tags.map((tag) => tag.key);
  return Object.hasOwn(attributes, key) ? (attributes[key] ?? []) : [];
}

/** Whether the whole text is what a pattern without a flaw stands for. */
export function matchesWildcards(pattern: string, text: string): boolean {
  return matchesPattern(parsePattern(pattern), text);
}

/** What is wrong with a pattern; null for a good one. */
export function findPatternFlaw(pattern: string): string | null {
  for (let place = 0; place < pattern.length; place += 1) {
    if (pattern[place] !== '\\') continue;
    const next = pattern[place + 1];
    if (next === undefined) return 'a \\ at the end takes nothing as it is';
    if (!'\\?*'.includes(next)) return `\\ may stand before \\, ? and * only, not before ${next}`;
    place += 1;
  }
  return null;
}

type Token = { readonly any: 'run' | 'one' } | { readonly character: string };

function parsePattern(pattern: string): readonly Token[] {
  const tokens: Token[] = [];
  const characters = Array.from(pattern);
  for (let place = 0; place < characters.length; place += 1) {
    const character = characters[place] ?? '';
    if (character === '*') tokens.push({ any: 'run' });
    else if (character === '?') tokens.push({ any: 'one' });
    else if (character === '\\') tokens.push({ character: characters[(place += 1)] ?? '' });
    else tokens.push({ character });
  }
  return tokens;
}

/** Only the last run has ever to be tried again: time is the product of both lengths at worst. */
function matchesPattern(tokens: readonly Token[], text: string): boolean {
  const characters = Array.from(text);
  let [token, place] = [0, 0];
  let run: { token: number; place: number } | null = null;
  while (place < characters.length) {
    const now = tokens[token];
    if (now !== undefined && 'any' in now && now.any === 'run') {
      run = { token, place };
      token += 1;
    } else if (now !== undefined && ('any' in now || now.character === characters[place])) {
      token += 1;
      place += 1;
    } else if (run !== null) {
      run.place += 1;
      [token, place] = [run.token + 1, run.place];
    } else return false;
  }
  return tokens.slice(token).every((rest) => 'any' in rest && rest.any === 'run');
}
