/**
 * The query of SEARCH: `{Namespace,Dimension,…} terms`. The schema asks for metrics of the namespace with exactly
 * these dimensions. A term is Key="value" (MetricName, Namespace, :aws.AccountId or a dimension), Key=("a" OR "b"),
 * "value" or word. In double quotes it must equal the metric name, the namespace, a dimension's name or its value;
 * without, its words must be among theirs: CPU finds CPUUtilization. Terms are joined by AND (also unsaid), OR, NOT,
 * brackets.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
import type { ListedMetric } from '../model/metric-filter.ts';
import { hasWords, SplitText } from './search-words.ts';
import { createTerms, SearchSyntaxError, type Term, type TermReader } from './search-tokens.ts';

export interface SearchQuery {
  readonly schema: { readonly namespace: string; readonly dimensions: readonly string[] } | null;
  /** What every metric found has, where the terms say so: narrows what is read. */
  readonly namespace: string | null;
  readonly metricName: string | null;
  /** @param account the metric's, twelve digits */
  matches(metric: ListedMetric, account: string): boolean;
}

/** Is in no name that was joined. */
const BETWEEN = '\n';

/** A metric that is held against the terms, each of its names taken apart once. */
class Subject {
  readonly metric: ListedMetric;
  readonly account: string;
  readonly #split = new Map<string, SplitText>();
  #joined: string | undefined;

  constructor(metric: ListedMetric, account: string) {
    this.metric = metric;
    this.account = account;
  }

  split(name: string): SplitText {
    const known = this.#split.get(name);
    if (known !== undefined) return known;
    const fresh = new SplitText(name);
    this.#split.set(name, fresh);
    return fresh;
  }

  /** All that has a name, without signs and in small letters: what is not in there is in none of them. */
  get joined(): string {
    this.#joined ??= listProperties(this.metric)
      .map((name) => this.split(name).joined)
      .join(BETWEEN);
    return this.#joined;
  }
}

type Test = (subject: Subject) => boolean;

const MAX_SEARCH_LENGTH = 1_024;
const DEEPEST = 32;
const ACCOUNT_KEY = ':aws.AccountId';

/** @throws SearchSyntaxError */
export function parseSearch(text: string): SearchQuery {
  if (text.length > MAX_SEARCH_LENGTH) {
    throw new SearchSyntaxError(`a search may have at most ${MAX_SEARCH_LENGTH} characters`);
  }
  const terms = createTerms(text);
  const schema = parseSchema(terms);
  const required = new Map<string, string>();
  const test = terms.peek().kind === 'end' ? () => true : parseOr(terms, 0, required);
  if (terms.peek().kind !== 'end')
    throw new SearchSyntaxError(`unexpected "${terms.peek().text}" in a search`);
  return {
    schema,
    namespace: required.get('Namespace') ?? null,
    metricName: required.get('MetricName') ?? null,
    matches: (metric, account) =>
      (schema === null || fitsSchema(metric, schema)) && test(new Subject(metric, account)),
  };
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
  if (isSign(terms, ',')) terms.next();
  const [namespace = '', ...dimensions] = parts;
  return { namespace, dimensions };
}

/** @param required filled with what the outermost AND demands exactly; null inside of an OR or a NOT */
function parseOr(terms: TermReader, depth: number, required: Map<string, string> | null): Test {
  if (depth > DEEPEST) throw new SearchSyntaxError(`a search may be nested ${DEEPEST} deep`);
  const tests = [parseAnd(terms, depth, required)];
  while (isWord(terms, 'OR')) {
    terms.next();
    required?.clear();
    tests.push(parseAnd(terms, depth, null));
  }
  return (subject) => tests.some((test) => test(subject));
}

function parseAnd(terms: TermReader, depth: number, required: Map<string, string> | null): Test {
  const tests = [parseTerm(terms, depth, required)];
  while (terms.peek().kind !== 'end' && !isSign(terms, ')') && !isWord(terms, 'OR')) {
    if (isWord(terms, 'AND')) terms.next();
    tests.push(parseTerm(terms, depth, required));
  }
  return (subject) => tests.every((test) => test(subject));
}

function isWord(terms: TermReader, word: string): boolean {
  const { kind, text } = terms.peek();
  return kind === 'word' && text === word;
}

function isSign(terms: TermReader, sign: string): boolean {
  const { kind, text } = terms.peek();
  return kind === 'sign' && text === sign;
}

function parseTerm(terms: TermReader, depth: number, required: Map<string, string> | null): Test {
  if (isWord(terms, 'NOT')) {
    terms.next();
    const test = parseTerm(terms, depth + 1, null);
    return (subject) => !test(subject);
  }
  if (isSign(terms, '(')) {
    terms.next();
    const test = parseOr(terms, depth + 1, null);
    if (!isSign(terms, ')')) throw new SearchSyntaxError('a bracket of the search is not closed');
    terms.next();
    return test;
  }
  const term = readText(terms);
  if (!isSign(terms, '=')) return findAnywhere(term);
  terms.next();
  const wanted = readValues(terms);
  const [only] = wanted;
  if (wanted.length === 1 && only?.kind === 'text') required?.set(term.text, only.text);
  const isLocalAccount = term.text === ACCOUNT_KEY && wanted.some(isLocal);
  const comparisons = wanted.map(compareWith);
  return (subject) => {
    const value = readProperty(subject.metric, term.text, subject.account);
    if (value === undefined) return false;
    return isLocalAccount || comparisons.some((fits) => fits(value, subject));
  };
}

function readText(terms: TermReader): Term {
  const term = terms.next();
  if (term.kind === 'word' || term.kind === 'text') return term;
  throw new SearchSyntaxError(term.kind === 'end' ? 'a search ends too early' : `unexpected "${term.text}"`);
}

/** "a", or ("a" OR "b" OR …) */
function readValues(terms: TermReader): readonly Term[] {
  if (!isSign(terms, '(')) return [readText(terms)];
  terms.next();
  const values = [readText(terms)];
  while (!isSign(terms, ')')) {
    if (isWord(terms, 'OR')) terms.next();
    values.push(readText(terms));
  }
  terms.next();
  return values;
}

/** The account that asks, whatever its number. */
function isLocal({ text }: Term): boolean {
  return text === 'LOCAL' || text === "'LOCAL'";
}

function readProperty(metric: ListedMetric, key: string, account: string): string | undefined {
  if (key === 'MetricName') return metric.metricName;
  if (key === 'Namespace') return metric.namespace;
  if (key === ACCOUNT_KEY) return account;
  return metric.dimensions.find(({ name }) => name === key)?.value;
}

function listProperties({ metricName, namespace, dimensions }: ListedMetric): readonly string[] {
  return [metricName, namespace, ...dimensions.flatMap(({ name, value }) => [name, value])];
}

function findAnywhere(term: Term): Test {
  const fits = compareWith(term);
  const { joined } = new SplitText(term.kind === 'word' ? term.text : '');
  return (subject) =>
    subject.joined.includes(joined) &&
    listProperties(subject.metric).some((property) => fits(property, subject));
}

function compareWith({ kind, text }: Term): (property: string, subject: Subject) => boolean {
  if (kind === 'text') return (property) => property === text;
  const wanted = new SplitText(text);
  return (property, subject) => hasWords(subject.split(property), wanted);
}
