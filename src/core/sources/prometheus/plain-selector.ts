/** What can be seen of a query that is a selector and nothing else: the name and the labels its series must have. Pure. */

export interface PlainSelector {
  /** Null for a selector without a name of its own. */
  readonly name: string | null;
  /** Those an `=` asks for, or a regular expression that stands for one text. */
  readonly labels: ReadonlyMap<string, string>;
}

const SELECTOR = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*(?:\{(.*)\})?\s*$/s;
const MATCHER =
  /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)\s*(?:,\s*|$)/y;

/** A regular expression that only one text matches. */
const LITERAL = /^[\w\s:/@%=,;"'&<>~#!-]*$/;
const ESCAPE = /\\(.?)/gsu;
const ESCAPED = new Set(['\\', '"', "'"]);

/** Null for any other expression. */
export function readPlainSelector(query: string): PlainSelector | null {
  const [, name, matchers = ''] = SELECTOR.exec(query) ?? [];
  const labels = new Map<string, string>();
  MATCHER.lastIndex = 0;
  while (MATCHER.lastIndex < matchers.trimEnd().length) {
    const [, key, operator, text] = MATCHER.exec(matchers) ?? [];
    if (key === undefined || text === undefined) return null;
    const value = readText(text);
    const isOnlyOne = operator === '=' || (operator === '=~' && LITERAL.test(value ?? ''));
    if (isOnlyOne && value !== null && value !== '') labels.set(key, value);
  }
  const ownName = name ?? labels.get('__name__') ?? null;
  labels.delete('__name__');
  return ownName === null && labels.size === 0 ? null : { name: ownName, labels };
}

/** @returns null for a text with escapes that nobody needs, as those of bytes: its label is left out */
function readText(literal: string): string | null {
  const text = literal.slice(1, -1);
  if (literal.startsWith('`')) return text;
  const escaped = [...text.matchAll(ESCAPE)].map(([, character = '']) => character);
  return escaped.every((character) => ESCAPED.has(character)) ? text.replace(ESCAPE, '$1') : null;
}
