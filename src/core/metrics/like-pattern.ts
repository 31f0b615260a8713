/** Patterns with the wildcards of tag filters, as PostgreSQL's LIKE has them. */

/** @param pattern one without a flaw (`findPatternFlaw`): `*` any run, `?` one character, `\` takes the next as it is */
export function toLikePattern(pattern: string): string {
  return pattern.replaceAll(/\\[\s\S]|[*?%_]/g, (found) => {
    if (found === '*') return '%';
    if (found === '?') return '_';
    return `\\${found.at(-1) ?? ''}`;
  });
}
