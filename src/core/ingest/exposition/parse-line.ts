/**
 * One line of the text format of Prometheus, or of OpenMetrics, which is like it but for its times. Pure: no clock, no I/O.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 * https://prometheus.io/docs/specs/om/open_metrics_spec/
 */

/** Why a line was left out. */
type ExpositionProblem = 'bad_name' | 'bad_label' | 'bad_value' | 'bad_timestamp';

export interface ExpositionSample {
  readonly name: string;
  /** Without those whose value is empty: they are as good as none. */
  readonly labels: ReadonlyMap<string, string>;
  /** Null for NaN and infinity. */
  readonly value: number | null;
  /** Null where the line leaves it to us. */
  readonly timestampMs: number | null;
}

export interface BadExpositionLine {
  readonly problem: ExpositionProblem;
  /** What was expected. */
  readonly reason: string;
}

/** What a comment says of the samples behind it. */
export interface TypeLine {
  readonly family: string;
  readonly type: string;
}

export type ExpositionFormat = 'text' | 'openmetrics';

const NAME = /[A-Za-z_:][A-Za-z0-9_:]*/y;
const LABEL_NAME = /[A-Za-z_][A-Za-z0-9_.]*/y;
const QUOTED = /"((?:\\.|[^"\\])*)"/y;
const NAME_LABEL = '__name__';
const BLANKS = /[ \t]*/y;
/** Each digit can be matched in one way only. */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const NOT_FINITE = /^[+-]?(?:inf(?:inity)?|nan)$/i;
const TYPE = /^#[ \t]+TYPE[ \t]+(?:"((?:\\.|[^"\\])*)"|(\S+))[ \t]+(\S+)[ \t]*$/;

/** @returns null for a blank line, and for a comment that says nothing of samples */
export function parseExpositionLine(
  line: string,
  format: ExpositionFormat,
): ExpositionSample | TypeLine | BadExpositionLine | null {
  const text = line.trim();
  if (text === '') return null;
  if (text.startsWith('#')) return parseType(text);
  return new LineReader(text, format).read();
}

function parseType(text: string): TypeLine | null {
  const [, quoted, plain, type] = TYPE.exec(text) ?? [];
  const family = quoted === undefined ? plain : unescape(quoted);
  return family === undefined || type === undefined ? null : { family, type };
}

class LineReader {
  readonly #text: string;
  readonly #format: ExpositionFormat;
  readonly #labels = new Map<string, string>();
  #name: string | null = null;
  #at = 0;

  constructor(text: string, format: ExpositionFormat) {
    this.#text = text;
    this.#format = format;
  }

  read(): ExpositionSample | BadExpositionLine {
    this.#name = this.#take(NAME);
    this.#take(BLANKS);
    const fault = this.#text[this.#at] === '{' ? this.#readLabels() : null;
    if (fault !== null) return fault;
    const name = this.#name;
    if (name === null || name === '') return bad('bad_name', 'expected the name of a series');
    return this.#readValue(name);
  }

  /** Between braces; a text alone is the name of the series, and so is what VictoriaMetrics writes as __name__. */
  #readLabels(): BadExpositionLine | null {
    const seen = new Set<string>();
    this.#at += 1;
    for (;;) {
      this.#take(BLANKS);
      if (this.#text[this.#at] === '}') break;
      const quoted = this.#take(QUOTED);
      const label = quoted === null ? this.#take(LABEL_NAME) : unescape(quoted.slice(1, -1));
      if (label === null || label === '') return bad('bad_label', 'expected the name of a label');
      this.#take(BLANKS);
      if (this.#text[this.#at] === '=') {
        this.#at += 1;
        this.#take(BLANKS);
        const value = this.#take(QUOTED);
        if (value === null) return bad('bad_label', `${show(label)}: expected a value in quotes`);
        if (label === NAME_LABEL && this.#name !== null) {
          return bad('bad_label', `${NAME_LABEL}: expected one name of the series`);
        }
        if (seen.has(label)) return bad('bad_label', `${show(label)}: expected each label once`);
        seen.add(label);
        if (label === NAME_LABEL) this.#name = unescape(value.slice(1, -1));
        else if (value !== '""') this.#labels.set(label, unescape(value.slice(1, -1)));
      } else if (quoted !== null && this.#name === null) this.#name = label;
      else return bad('bad_label', `${show(label)}: expected = and a value in quotes`);
      this.#take(BLANKS);
      if (this.#text[this.#at] === ',') this.#at += 1;
      else if (this.#text[this.#at] !== '}') return bad('bad_label', 'expected , or } behind a label');
    }
    this.#at += 1;
    return null;
  }

  #readValue(name: string): ExpositionSample | BadExpositionLine {
    const rest = this.#text.slice(this.#at);
    // An exemplar of OpenMetrics.
    const [sample = ''] = rest.split(/[ \t]#[ \t]/, 1);
    const [valueText = '', timeText, ...others] = sample.split(/[ \t]+/).filter((field) => field !== '');
    if (others.length > 0) return bad('bad_value', 'expected a value and a time, got more');
    const isEmpty = NOT_FINITE.test(valueText);
    const value = isEmpty ? null : parseDecimal(valueText);
    if (value === null && !isEmpty) return bad('bad_value', `expected a number, got ${show(valueText)}`);
    if (timeText === undefined) return { name, labels: this.#labels, value, timestampMs: null };
    const time = parseDecimal(timeText);
    const timestampMs = time === null ? NaN : Math.round(this.#format === 'text' ? time : time * 1000);
    if (Number.isSafeInteger(timestampMs)) return { name, labels: this.#labels, value, timestampMs };
    const unit = this.#format === 'text' ? 'milliseconds' : 'seconds';
    return bad('bad_timestamp', `expected a time in ${unit} since 1970, got ${show(timeText)}`);
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found === undefined) return null;
    this.#at += found.length;
    return found;
  }
}

/** Null for what is no finite decimal number. */
function parseDecimal(text: string): number | null {
  const value = DECIMAL.test(text) ? Number(text) : NaN;
  return Number.isFinite(value) ? value : null;
}

/** Of a backslash, a quote and a newline; any other backslash is one: as in Prometheus (`C:\dir`). */
function unescape(text: string): string {
  return text.replace(/\\([\\"n])/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

function bad(problem: ExpositionProblem, reason: string): BadExpositionLine {
  return { problem, reason };
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
