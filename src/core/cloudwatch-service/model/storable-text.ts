/** Texts PostgreSQL cannot keep as they are: it refuses U+0000, and half of a surrogate pair becomes another character. */
import { invalid, joinErrors } from './cloudwatch-error.ts';

const UNSTORABLE = /[\0\p{Cs}]/u;
const RULE = 'It must not contain U+0000 or half of a surrogate pair.';

export function isStorable(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/**
 * Any of these would end in a failure of the database, or in another name than was given.
 * @param tree a request, read
 * @throws CloudwatchError naming every text that cannot be kept
 */
export function refuseUnstorable(tree: unknown): void {
  const [first, ...others] = listUnstorable(tree).map(({ path, text }) =>
    invalid(
      path.map((part) => (typeof part === 'number' ? `member.${part + 1}` : part)).join('.'),
      text,
      RULE,
    ),
  );
  if (first !== undefined) throw joinErrors([first, ...others.slice(0, MAX_NAMED - 1)]);
}

const MAX_NAMED = 20;

export interface UnstorableText {
  /** Names of members, places in lists. */
  readonly path: readonly (string | number)[];
  readonly text: string;
}

/** @param tree lists and structures of whatever depth its reader allows */
export function listUnstorable(tree: unknown, path: UnstorableText['path'] = []): readonly UnstorableText[] {
  if (typeof tree === 'string') return isStorable(tree) ? [] : [{ path, text: tree }];
  if (Array.isArray(tree)) return tree.flatMap((item, i) => listUnstorable(item, [...path, i]));
  if (typeof tree !== 'object' || tree === null || tree instanceof Date) return [];
  return Object.entries(tree).flatMap(([name, value]) => listUnstorable(value, [...path, name]));
}
