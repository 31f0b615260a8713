/** What others say, as PostgreSQL can keep it: it has neither U+0000 nor, in its JSON, half of a surrogate pair. */

/** @returns the text with U+FFFD in place of each of those */
export function toStorable(text: string): string {
  return text.replaceAll(/[\0\p{Cs}]/gu, '\ufffd');
}

/** The beginning of a text, with no half of a character at its end. */
export function cutText(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '');
}
