/** EC2's filters: values of one are alternatives, * and ? stand for anything, all filters must fit. */
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

/** Linear but for the places a star may end: no pattern takes longer than its length times the text's. */
export function matchPattern(pattern: string, text: string): boolean {
  let [p, t, star, mark] = [0, 0, -1, 0];
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
