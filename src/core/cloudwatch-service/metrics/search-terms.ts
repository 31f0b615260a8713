/**
 * The query of SEARCH: `{Namespace,Dimension,…} terms`. The schema asks for metrics of the namespace with exactly
 * these dimensions. A term is Key="value" (MetricName, Namespace or a dimension), "value" or word: equal to the
 * metric name, to a dimension's name or to its value. Terms are joined by AND (also unsaid), OR, NOT, brackets.
 * AWS also finds parts of a word; this does not.
 */
import type { ListedMetric } from './list-metrics.ts';
import { createTerms, SearchSyntaxError, type TermReader } from './search-tokens.ts';

export interface SearchQuery {
  readonly schema: { readonly namespace: string; readonly dimensions: readonly string[] } | null;
  matches(metric: ListedMetric): boolean;
}

type Test = (metric: ListedMetric) => boolean;

const LONGEST_SEARCH = 1_024;
const DEEPEST = 32;

/** @throws SearchSyntaxError */
export function parseSearch(text: string): SearchQuery {
  if (text.length > LONGEST_SEARCH) {
    throw new SearchSyntaxError(`a search may have at most ${LONGEST_SEARCH} characters`);
  }
  const terms = createTerms(text);
  const schema = parseSchema(terms);
  const test = terms.peek().kind === 'end' ? () => true : parseOr(terms, 0);
  if (terms.peek().kind !== 'end')
    throw new SearchSyntaxError(`unexpected "${terms.peek().text}" in a search`);
  return { schema, matches: (metric) => (schema === null || fitsSchema(metric, schema)) && test(metric) };
}

function fitsSchema(metric: ListedMetric, schema: NonNullable<SearchQuery['schema']>): boolean {
  const names = new Set(metric.dimensions.map(({ name }) => name));
  return (
    metric.namespace === schema.namespace &&
    names.size === schema.dimensions.length &&
    schema.dimensions.every((name) => names.has(name))
  );
}

function parseSchema(terms: TermReader): SearchQuery['schema'] {
  if (terms.peek().text !== '{' || terms.peek().kind !== 'sign') return null;
  terms.next();
  const parts: string[] = [];
  for (;;) {
    const part = terms.next();
    if (part.kind !== 'word' && part.kind !== 'text') {
      throw new SearchSyntaxError('the schema of a search is {Namespace,Dimension,…}');
    }
    parts.push(part.text);
    const sign = terms.next();
    if (sign.kind === 'sign' && sign.text === '}') break;
    if (sign.kind !== 'sign' || sign.text !== ',') {
      throw new SearchSyntaxError('the schema of a search ends with }');
    }
  }
  const [namespace = '', ...dimensions] = parts;
  return { namespace, dimensions };
}

function parseOr(terms: TermReader, depth: number): Test {
  if (depth > DEEPEST) throw new SearchSyntaxError(`a search may be nested ${DEEPEST} deep`);
  const tests = [parseAnd(terms, depth)];
  while (isWord(terms, 'OR')) {
    terms.next();
    tests.push(parseAnd(terms, depth));
  }
  return (metric) => tests.some((test) => test(metric));
}

function parseAnd(terms: TermReader, depth: number): Test {
  const tests = [parseTerm(terms, depth)];
  while (terms.peek().kind !== 'end' && terms.peek().text !== ')' && !isWord(terms, 'OR')) {
    if (isWord(terms, 'AND')) terms.next();
    tests.push(parseTerm(terms, depth));
  }
  return (metric) => tests.every((test) => test(metric));
}

function isWord(terms: TermReader, word: string): boolean {
  const { kind, text } = terms.peek();
  return kind === 'word' && text === word;
}

function parseTerm(terms: TermReader, depth: number): Test {
  if (isWord(terms, 'NOT')) {
    terms.next();
    const test = parseTerm(terms, depth + 1);
    return (metric) => !test(metric);
  }
  const term = terms.next();
  if (term.kind === 'sign' && term.text === '(') {
    const test = parseOr(terms, depth + 1);
    if (terms.next().text !== ')') throw new SearchSyntaxError('a bracket of the search is not closed');
    return test;
  }
  if (term.kind !== 'word' && term.kind !== 'text') {
    throw new SearchSyntaxError(
      term.kind === 'end' ? 'a search ends too early' : `unexpected "${term.text}"`,
    );
  }
  if (terms.peek().kind !== 'sign' || terms.peek().text !== '=') return (metric) => holds(metric, term.text);
  terms.next();
  const wanted = terms.next();
  if (wanted.kind !== 'word' && wanted.kind !== 'text') {
    throw new SearchSyntaxError(`${term.text}= takes a value`);
  }
  return (metric) => readProperty(metric, term.text) === wanted.text;
}

function readProperty(metric: ListedMetric, key: string): string | undefined {
  if (key === 'MetricName') return metric.metricName;
  if (key === 'Namespace') return metric.namespace;
  return metric.dimensions.find(({ name }) => name === key)?.value;
}

function holds(metric: ListedMetric, text: string): boolean {
  const wanted = text.toLowerCase();
  const properties = [metric.metricName, ...metric.dimensions.flatMap(({ name, value }) => [name, value])];
  return properties.some((property) => property.toLowerCase() === wanted);
}
