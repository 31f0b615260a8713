/**
 * EC2's filters: values of one are alternatives, * and ? stand for anything unless a backslash is before them, all
 * filters must fit.
 */
import type { ResourceAttributes } from '../../sources/resource-attributes.ts';
import { invalid, missing } from '../model/cloudwatch-error.ts';
import { list, string, structure, type Infer } from '../model/shape.ts';

export const FILTER_SHAPE = structure({ Name: string, Value: list(string) });

/** An instance as filters see it. */
export interface KnownInstance {
  readonly id: string;
  readonly state: string;
  readonly region: string;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  readonly attributes: ResourceAttributes;
  /** When an instance was launched, or a volume made; null where that is not known. */
  readonly startedAt: Date | null;
  /** The inventory's: of a volume its gibibytes. */
  readonly sizeRank: number;
}

/** What an instance has under a filter's name. */
export type InstanceFilter = (instance: KnownInstance) => readonly string[];

const MAX_FILTERS = 50;
const MAX_VALUES = 200;
const TAG_PREFIX = 'tag:';

/** What a filter of this name reads; undefined where there is none. */
type FindFilter<T> = (name: string) => ((one: T) => readonly string[]) | undefined;

/** @throws CloudwatchError naming a filter that is not known */
export function checkFilters<T>(
  given: readonly Infer<typeof FILTER_SHAPE>[] | undefined,
  find: FindFilter<T>,
): (one: T) => boolean {
  const filters = given ?? [];
  if (filters.length > MAX_FILTERS)
    throw invalid('Filter', filters.length, `There may be at most ${MAX_FILTERS}.`);
  const tests = filters.map(({ Name: name, Value: values = [] }, i) => {
    if (name === undefined) throw missing(`Filter.${i + 1}.Name`);
    const read = find(name);
    if (read === undefined) throw invalid(`Filter.${i + 1}.Name`, name, 'There is no such filter.');
    if (values.length > MAX_VALUES) {
      throw invalid(`Filter.${i + 1}.Value`, values.length, `There may be at most ${MAX_VALUES}.`);
    }
    return (one: T) => read(one).some((held) => values.some((pattern) => matchPattern(pattern, held)));
  });
  return (one) => tests.every((test) => test(one));
}

/** Clients name it: what every object has is no filter. */
export function findAmong<T>(known: Readonly<Record<string, (one: T) => readonly string[]>>): FindFilter<T> {
  return (name) => (Object.hasOwn(known, name) ? known[name] : undefined);
}

/** As findAmong, and tag:KEY for every key. */
export function findAmongTagged(known: Readonly<Record<string, InstanceFilter>>): FindFilter<KnownInstance> {
  const find = findAmong(known);
  return (name) => (name.startsWith(TAG_PREFIX) ? readTag(name.slice(TAG_PREFIX.length)) : find(name));
}

function readTag(key: string): InstanceFilter {
  return ({ tags }) => tags.filter((tag) => tag.key === key).map(({ value }) => value);
}

/** What a pattern is made of: anything, any one character, or a character by itself. */
const ANYTHING = Symbol('*');
const ANY_ONE = Symbol('?');
type PatternPart = typeof ANYTHING | typeof ANY_ONE | string;

/** A backslash takes from `*`, `?` and itself what they stand for; before anything else it stands for itself. */
function readPattern(pattern: string): readonly PatternPart[] {
  const parts: PatternPart[] = [];
  for (const [part = ''] of pattern.matchAll(/\\[*?\\]|./gsu)) {
    if (part === '*') parts.push(ANYTHING);
    else if (part === '?') parts.push(ANY_ONE);
    else parts.push(part.length === 2 && part.startsWith('\\') ? part.slice(1) : part);
  }
  return parts;
}

/** Linear but for the places a star may end: no pattern takes longer than its length times the text's. */
export function matchPattern(pattern: string, text: string): boolean {
  const [parts, characters] = [readPattern(pattern), Array.from(text)];
  let [p, t, star, mark] = [0, 0, -1, 0];
  while (t < characters.length) {
    const part = parts[p];
    if (part === ANYTHING) {
      star = p++;
      mark = t;
    } else if (part === ANY_ONE || (part !== undefined && part === characters[t])) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (parts[p] === ANYTHING) p += 1;
  return p === parts.length;
}
