/**
 * label_replace and label_join: series with a label made of others.
 * https://prometheus.io/docs/prometheus/latest/querying/functions/#label_replace
 */
import type { RE2JS } from 're2js';
import { compilePattern } from '../label-matcher.ts';
import { PromqlError } from '../promql-error.ts';
import type { QueryBudget } from '../query-budget.ts';
import { keyOf, type Labels, sortLabels } from '../series-labels.ts';
import type { StepSeries } from '../value.ts';

/** The name of a label and its new value, '' for none; null where the labels stay as they are. */
export type RewriteLabels = (labels: Labels) => readonly [label: string, value: string] | null;

/** As long as the name of a pushed series: calls within each other could double a value each. */
const MAX_VALUE_LENGTH = 4096;
/** Instructions of a pattern, which is matched once for each series. */
const MAX_PROGRAM = 2000;
/** What a match costs at most, in points that are worked on. */
const MATCH_POINTS = 10_000;
export const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** As Go's Regexp.Expand: $1, $name or ${name}, as long as it goes; $$ is a dollar. */
const REFERENCE = /\$(?:\$|(\w+)|\{(\w+)\})/g;
const GROUP_NUMBER = /^(?:0|[1-9]\d{0,7})$/;

/** @throws PromqlError */
export function replaceLabel(
  target: string,
  replacement: string,
  source: string,
  pattern: string,
): RewriteLabels {
  checkName(target, 'destination', 'label_replace');
  const program = compile(pattern);
  return (labels) => {
    const match = program.matcher(labels.get(source) ?? '');
    if (!match.matches()) return null;
    let room = MAX_VALUE_LENGTH;
    const value = replacement.replace(REFERENCE, (whole: string, plain?: string, braced?: string) => {
      const name = plain ?? braced;
      const text = name === undefined ? whole.slice(1) : readGroup(program, match, name);
      room -= text.length;
      if (room < 0) throw tooLong();
      return text;
    });
    return [target, checkLength(value)];
  };
}

/** @throws PromqlError */
export function joinLabels(target: string, separator: string, ...sources: readonly string[]): RewriteLabels {
  checkName(target, 'destination', 'label_join');
  for (const source of sources) checkName(source, 'source', 'label_join');
  return (labels) => {
    const values = sources.map((source) => labels.get(source) ?? '');
    const length = values.reduce((sum, value) => sum + value.length + separator.length, -separator.length);
    if (length > MAX_VALUE_LENGTH) throw tooLong();
    return [target, values.join(separator)];
  };
}

/**
 * Series that get the same labels become one, where they follow each other.
 * @throws PromqlError when there are two of them at a step
 */
export async function rewriteSeries(
  series: readonly StepSeries[],
  rewrite: RewriteLabels,
  budget: QueryBudget,
): Promise<readonly StepSeries[]> {
  const found = new Map<string, StepSeries>();
  for (const one of series) {
    await budget.work(one.values.length + MATCH_POINTS);
    const labels = change(one.labels, rewrite(one.labels));
    const key = keyOf(labels);
    const before = found.get(key);
    found.set(key, before === undefined ? { ...one, labels } : join(before, one));
  }
  return [...found.values()];
}

function change(labels: Labels, changed: ReturnType<RewriteLabels>): Labels {
  if (changed === null) return labels;
  const [target, value] = changed;
  const others = [...labels].filter(([name]) => name !== target);
  return sortLabels(value === '' ? others : [...others, [target, value]]);
}

function join(one: StepSeries, other: StepSeries): StepSeries {
  const [values, present] = [one.values.slice(), one.present.slice()];
  for (const [step, isThere] of other.present.entries()) {
    if (isThere !== 1) continue;
    if (present[step] === 1) {
      throw new PromqlError('execution', 'vector cannot contain metrics with the same labelset');
    }
    values[step] = other.values[step] ?? NaN;
    present[step] = 1;
  }
  return { labels: one.labels, values, present };
}

function checkLength(value: string): string {
  if (value.length > MAX_VALUE_LENGTH) throw tooLong();
  return value;
}

function tooLong(): PromqlError {
  return new PromqlError('execution', `a label may have ${MAX_VALUE_LENGTH} characters`);
}

function checkName(name: string, which: 'destination' | 'source', by: string): void {
  if (LABEL_NAME.test(name)) return;
  throw new PromqlError('execution', `invalid ${which} label name in ${by}(): ${name.slice(0, 100)}`);
}

function compile(pattern: string): RE2JS {
  try {
    return compilePattern(pattern, MAX_PROGRAM);
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    throw new PromqlError('execution', `invalid regular expression in label_replace(): ${error.message}`);
  }
}

/** '' of a group there is not. */
function readGroup(program: RE2JS, match: ReturnType<RE2JS['matcher']>, name: string): string {
  if (GROUP_NUMBER.test(name)) {
    const number = Number(name);
    return number > match.groupCount() ? '' : (match.group(number) ?? '');
  }
  return Object.hasOwn(program.namedGroups(), name) ? (match.group(name) ?? '') : '';
}
