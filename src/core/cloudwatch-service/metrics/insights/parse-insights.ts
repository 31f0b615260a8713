/**
 * Metrics Insights: from text to what it asks.
 * SELECT FUNCTION(metric) FROM namespace | SCHEMA(namespace, label …) [WHERE …] [GROUP BY label …]
 * [ORDER BY FUNCTION() [ASC | DESC]] [LIMIT n]
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
 */
import { MathSyntaxError } from '../../math/tokens.ts';

const INSIGHTS_FUNCTIONS = ['AVG', 'COUNT', 'MAX', 'MIN', 'SUM'] as const;
export type InsightsFunction = (typeof INSIGHTS_FUNCTIONS)[number];

export interface InsightsSelect {
  readonly function: InsightsFunction;
  readonly metricName: string;
  readonly namespace: string;
  /** The dimensions a metric must have, no more and no fewer; null where the query names none. */
  readonly labels: readonly string[] | null;
  readonly where: InsightsTest;
  /** Empty for one series over all metrics. */
  readonly groupBy: readonly string[];
  readonly orderBy: { readonly function: InsightsFunction; readonly descending: boolean } | null;
  readonly limit: number | null;
}

/** @param read the value of a label; undefined where the metric has none */
type InsightsTest = (read: (label: string) => string | undefined) => boolean;

interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'sign' | 'end';
  readonly text: string;
}

const PATTERN =
  /\s*(?:"(?<name>(?:[^"\\]|\\.)*)"|'(?<text>(?:[^'\\]|\\.|'')*)'|(?<sign>!=|[(),=])|(?<word>[A-Za-z0-9_.:#/-]+))/y;
const MAX_DEPTH = 32;

/** Whether an expression is a query of Metrics Insights, not metric math. */
export function isInsights(expression: string): boolean {
  return /^\s*SELECT\s/i.test(expression);
}

/** @throws MathSyntaxError naming what was expected */
export function parseInsights(text: string): InsightsSelect {
  return new InsightsParser(splitTokens(text)).parse();
}

function splitTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(PATTERN);
  const length = text.trimEnd().length;
  while (pattern.lastIndex < length) {
    const at = pattern.lastIndex;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) throw new MathSyntaxError(`unexpected character ${at}`);
    const { name, text: quoted, sign, word } = groups;
    if (name !== undefined) tokens.push({ kind: 'name', text: name.replaceAll(/\\(.)/g, '$1') });
    else if (quoted !== undefined)
      tokens.push({ kind: 'text', text: quoted.replaceAll(/\\(.)|'(')/g, '$1$2') });
    else tokens.push({ kind: sign === undefined ? 'word' : 'sign', text: sign ?? word ?? '' });
  }
  return tokens;
}

class InsightsParser {
  readonly #tokens: readonly Token[];
  #place = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): InsightsSelect {
    this.#expectWord('SELECT');
    const selected = this.#readFunction();
    this.#expectSign('(');
    const metricName = this.#readName();
    this.#expectSign(')');
    this.#expectWord('FROM');
    const { namespace, labels } = this.#readFrom();
    const where = this.#takeWord('WHERE') ? this.#readOr(0) : () => true;
    const groupBy = this.#takeWords('GROUP', 'BY') ? this.#readNames() : [];
    const orderBy = this.#takeWords('ORDER', 'BY') ? this.#readOrder() : null;
    const limit = this.#takeWord('LIMIT') ? this.#readLimit() : null;
    if (this.#peek().kind !== 'end') throw new MathSyntaxError(`unexpected ${this.#peek().text}`);
    return { function: selected, metricName, namespace, labels, where, groupBy, orderBy, limit };
  }

  #peek(): Token {
    return this.#tokens[this.#place] ?? { kind: 'end', text: 'end' };
  }

  #next(): Token {
    const token = this.#peek();
    this.#place += 1;
    return token;
  }

  #isWord(word: string): boolean {
    const { kind, text } = this.#peek();
    return kind === 'word' && text.toUpperCase() === word;
  }

  #takeWord(word: string): boolean {
    if (!this.#isWord(word)) return false;
    this.#place += 1;
    return true;
  }

  #takeWords(first: string, second: string): boolean {
    if (!this.#takeWord(first)) return false;
    this.#expectWord(second);
    return true;
  }

  #expectWord(word: string): void {
    if (!this.#takeWord(word)) throw new MathSyntaxError(`expected ${word}, found ${this.#peek().text}`);
  }

  #takeSign(sign: string): boolean {
    const { kind, text } = this.#peek();
    if (kind !== 'sign' || text !== sign) return false;
    this.#place += 1;
    return true;
  }

  #expectSign(sign: string): void {
    if (!this.#takeSign(sign)) throw new MathSyntaxError(`expected ${sign}, found ${this.#peek().text}`);
  }

  #readName(): string {
    const { kind, text } = this.#next();
    if (kind === 'word' || kind === 'name') return text;
    throw new MathSyntaxError(`expected a name, found ${text}`);
  }

  #readNames(): readonly string[] {
    const names = [this.#readName()];
    while (this.#takeSign(',')) names.push(this.#readName());
    return names;
  }

  #readFunction(): InsightsFunction {
    const word = this.#readName().toUpperCase();
    const found = INSIGHTS_FUNCTIONS.find((name) => name === word);
    if (found === undefined) throw new MathSyntaxError(`there is no function ${word}`);
    return found;
  }

  #readFrom(): Pick<InsightsSelect, 'namespace' | 'labels'> {
    if (!this.#takeWord('SCHEMA')) return { namespace: this.#readName(), labels: null };
    this.#expectSign('(');
    const [namespace = '', ...labels] = this.#readNames();
    this.#expectSign(')');
    return { namespace, labels };
  }

  #readOr(depth: number): InsightsTest {
    if (depth > MAX_DEPTH) throw new MathSyntaxError(`nested deeper than ${MAX_DEPTH}`);
    const tests = [this.#readAnd(depth)];
    while (this.#takeWord('OR')) tests.push(this.#readAnd(depth));
    return (read) => tests.some((test) => test(read));
  }

  #readAnd(depth: number): InsightsTest {
    const tests = [this.#readCondition(depth)];
    while (this.#takeWord('AND')) tests.push(this.#readCondition(depth));
    return (read) => tests.every((test) => test(read));
  }

  #readCondition(depth: number): InsightsTest {
    if (this.#takeSign('(')) {
      const inner = this.#readOr(depth + 1);
      this.#expectSign(')');
      return inner;
    }
    const label = this.#readName();
    const isEqual = this.#takeSign('=');
    if (!isEqual) this.#expectSign('!=');
    const { kind, text: wanted } = this.#next();
    if (kind !== 'text') throw new MathSyntaxError(`expected a text in single quotes, found ${wanted}`);
    // A metric that lacks the label fits neither comparison.
    return (read) => {
      const value = read(label);
      return value !== undefined && (value === wanted) === isEqual;
    };
  }

  #readOrder(): InsightsSelect['orderBy'] {
    const ordering = this.#readFunction();
    this.#expectSign('(');
    this.#expectSign(')');
    const descending = this.#takeWord('DESC');
    if (!descending) this.#takeWord('ASC');
    return { function: ordering, descending };
  }

  #readLimit(): number {
    const { text } = this.#next();
    const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
    if (limit < 1) throw new MathSyntaxError(`LIMIT takes a number, found ${text}`);
    return limit;
  }
}
