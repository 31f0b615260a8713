/** The words, quoted texts and signs of a SEARCH query. */

/** The search cannot be read; the message says why. */
export class SearchSyntaxError extends Error {
  override readonly name = 'SearchSyntaxError';
}

export interface Term {
  readonly kind: 'word' | 'text' | 'sign' | 'end';
  readonly text: string;
}

export interface TermReader {
  peek(): Term;
  next(): Term;
}

const PATTERN = /\s*(?:"(?<text>(?:[^"\\]|\\.)*)"|(?<sign>[{}(),=])|(?<word>[^\s{}(),="]+))/y;

/** @throws SearchSyntaxError at a quote that is not closed */
export function createTerms(text: string): TermReader {
  const terms: Term[] = [];
  const pattern = new RegExp(PATTERN);
  const length = text.trimEnd().length;
  while (pattern.lastIndex < length) {
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) throw new SearchSyntaxError('a quote of the search is not closed');
    if (groups.text !== undefined) terms.push({ kind: 'text', text: groups.text.replaceAll(/\\(.)/g, '$1') });
    else if (groups.sign !== undefined) terms.push({ kind: 'sign', text: groups.sign });
    else terms.push({ kind: 'word', text: groups.word ?? '' });
  }
  let place = 0;
  const peek = () => terms[place] ?? { kind: 'end', text: '' };
  return {
    peek,
    next: () => {
      const term = peek();
      place += 1;
      return term;
    },
  };
}
