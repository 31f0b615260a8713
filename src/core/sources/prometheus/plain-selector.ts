/** What can be seen of a query that is a selector and nothing else: the name and the labels its series must have. Pure. */

export interface PlainSelector {
  /** Null for a selector without a name of its own. */
  readonly name: string | null;
  /** Those an `=` asks for. */
  readonly labels: ReadonlyMap<string, string>;
}

const SELECTOR = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*(?:\{(.*)\})?\s*$/s;
const MATCHER =
  /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)\s*(?:,\s*|$)/y;

/** Null for any other expression. A label whose text needs unescaping is left out. */
export function readPlainSelector(query: string): PlainSelector | null {
  const [, name, matchers = ''] = SELECTOR.exec(query) ?? [];
  const labels = new Map<string, string>();
  MATCHER.lastIndex = 0;
  while (MATCHER.lastIndex < matchers.trimEnd().length) {
    const [, key, operator, text] = MATCHER.exec(matchers) ?? [];
    if (key === undefined || text === undefined) return null;
    const value = text.slice(1, -1);
    if (operator === '=' && value !== '' && !value.includes('\\')) labels.set(key, value);
  }
  const ownName = name ?? labels.get('__name__') ?? null;
  labels.delete('__name__');
  return ownName === null && labels.size === 0 ? null : { name: ownName, labels };
}
