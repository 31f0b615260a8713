/** Filters by tag, with EC2's wildcards. Pure. */
import { InvalidInputError } from '../../errors.ts';

/** The values are alternatives; of several filters every one has to match. */
export interface TagFilter {
  readonly key: string;
  /** Whole values, case-sensitive: `*` any run, `?` one character, `\` before one of these or itself takes it as it is. */
  readonly values: readonly string[];
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

const MOST_FILTERS = 10;
const MOST_VALUES = 200;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;

/**
 * @param path where the filters stand in the input
 * @throws InvalidInputError naming the filter and what is wrong with it
 */
export function checkTagFilters(filters: readonly TagFilter[], path: readonly string[]): void {
  const refuse = (what: string, ...where: string[]): never => {
    const full = [...path, ...where];
    throw new InvalidInputError(`${full.join('.')}: ${what}`, full);
  };
  if (filters.length === 0) refuse('at least one filter is required');
  if (filters.length > MOST_FILTERS) refuse(`expected at most ${MOST_FILTERS}, got ${filters.length}`);
  const seen = new Set<string>();
  for (const [index, { key, values }] of filters.entries()) {
    const at = String(index);
    if (key.trim() === '') refuse('expected the key of a tag, got an empty one', at, 'key');
    if (key.length > LONGEST_KEY) refuse(`expected at most ${LONGEST_KEY} characters`, at, 'key');
    if (seen.has(key)) refuse(`${JSON.stringify(key)} is given twice`, at, 'key');
    seen.add(key);
    if (values.length === 0) refuse('at least one value is required', at, 'values');
    if (values.length > MOST_VALUES) refuse(`expected at most ${MOST_VALUES}`, at, 'values');
    for (const [place, value] of values.entries()) {
      if (value.length > LONGEST_VALUE)
        refuse(`expected at most ${LONGEST_VALUE} characters`, at, 'values', String(place));
      const flaw = findPatternFlaw(value);
      if (flaw !== null) refuse(`${flaw} in ${JSON.stringify(value)}`, at, 'values', String(place));
    }
  }
}

/** Filters that have been checked. A key the tags do not have never matches; no filters match nobody. */
export function matchesTags(filters: readonly TagFilter[], tags: readonly Tag[]): boolean {
  const matches = ({ key, values }: TagFilter) => {
    const tag = tags.find((candidate) => candidate.key === key);
    return tag !== undefined && values.some((pattern) => matchesWildcards(pattern, tag.value));
  };
  return filters.length > 0 && filters.every(matches);
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
