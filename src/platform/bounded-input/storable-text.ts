/**
 * Texts of others, and PostgreSQL: it keeps no U+0000; half of a surrogate pair it refuses in JSON, and elsewhere it becomes another
 * character.
 */

const UNSTORABLE = /[\0\p{Cs}]/u;
const ALL_UNSTORABLE = new RegExp(UNSTORABLE, 'gu');

export function isStorable(text: string): boolean {
  return !UNSTORABLE.test(text);
}

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

/** @returns the text with U+FFFD in place of each of those */
export function toStorable(text: string): string {
  return text.replaceAll(ALL_UNSTORABLE, '\ufffd');
}

/** The beginning of a text, with no half of a character at its end. */
export function cutText(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '');
}
