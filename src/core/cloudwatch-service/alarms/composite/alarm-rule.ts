/**
 * The rule of a composite alarm: which states of which alarms make it ALARM.
 * ALARM(name), OK(name), INSUFFICIENT_DATA(name), TRUE, FALSE, AND, OR, NOT, brackets, and
 * AT_LEAST(2, ALARM, (a, b, c)), where the number may be a percentage. Names may be ARNs, and may be quoted.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
 */
import { readAlarmName } from '../../model/arn.ts';
import { ALARM_STATES, type AlarmState } from '../judge-alarm.ts';

export type AlarmRuleNode =
  | { readonly kind: 'state'; readonly state: AlarmState; readonly alarm: string }
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'not'; readonly operand: AlarmRuleNode }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly AlarmRuleNode[] }
  | { readonly kind: 'atLeast'; readonly count: number; readonly operands: readonly AlarmRuleNode[] };

/** The rule cannot be read; the message says where. */
export class AlarmRuleError extends Error {
  override readonly name = 'AlarmRuleError';
}

interface Token {
  readonly kind: 'word' | 'quoted' | 'sign' | 'end';
  readonly text: string;
  /** Characters before it. */
  readonly at: number;
}

const PATTERN = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([(),])|([^\s(),"']+))/y;
const MAX_DEPTH = 64;
const MAX_ELEMENTS = 500;

/** @throws AlarmRuleError */
export function parseAlarmRule(text: string): AlarmRuleNode {
  return new AlarmRuleParser(text).parse();
}

/** The names of the alarms a rule looks at, each once. */
export function listAlarms(node: AlarmRuleNode): ReadonlySet<string> {
  switch (node.kind) {
    case 'state':
      return new Set([node.alarm]);
    case 'constant':
      return new Set();
    case 'not':
      return listAlarms(node.operand);
    default:
      return new Set(node.operands.flatMap((operand) => [...listAlarms(operand)]));
  }
}

/** @param stateOf undefined for an alarm that is gone: it is in no state */
export function holdsRule(node: AlarmRuleNode, stateOf: (alarm: string) => AlarmState | undefined): boolean {
  switch (node.kind) {
    case 'state':
      return stateOf(node.alarm) === node.state;
    case 'constant':
      return node.value;
    case 'not':
      return !holdsRule(node.operand, stateOf);
    case 'and':
      return node.operands.every((operand) => holdsRule(operand, stateOf));
    case 'or':
      return node.operands.some((operand) => holdsRule(operand, stateOf));
    case 'atLeast':
      return node.operands.filter((operand) => holdsRule(operand, stateOf)).length >= node.count;
  }
}

class AlarmRuleParser {
  readonly #tokens: readonly Token[];
  #place = 0;
  #elements = 0;

  constructor(text: string) {
    this.#tokens = splitTokens(text);
  }

  parse(): AlarmRuleNode {
    const node = this.#readOr(0);
    const rest = this.#peek();
    if (rest.kind !== 'end') throw unsupported(rest);
    return node;
  }

  #peek(): Token {
    return this.#tokens[this.#place] ?? { kind: 'end', text: '', at: 0 };
  }

  #next(): Token {
    const token = this.#peek();
    this.#place += 1;
    return token;
  }

  #take(text: string): boolean {
    const token = this.#peek();
    if (token.kind === 'quoted' || token.kind === 'end' || token.text !== text) return false;
    this.#place += 1;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) throw unsupported(this.#peek());
  }

  #readOr(depth: number): AlarmRuleNode {
    if (depth > MAX_DEPTH) throw new AlarmRuleError(`Nested deeper than ${MAX_DEPTH}`);
    const operands = [this.#readAnd(depth)];
    while (this.#take('OR')) operands.push(this.#readAnd(depth));
    const [only] = operands;
    return operands.length === 1 && only !== undefined ? only : { kind: 'or', operands };
  }

  #readAnd(depth: number): AlarmRuleNode {
    const operands = [this.#readNot(depth)];
    while (this.#take('AND')) operands.push(this.#readNot(depth));
    const [only] = operands;
    return operands.length === 1 && only !== undefined ? only : { kind: 'and', operands };
  }

  #readNot(depth: number): AlarmRuleNode {
    if (depth > MAX_DEPTH) throw new AlarmRuleError(`Nested deeper than ${MAX_DEPTH}`);
    if (this.#take('NOT')) return { kind: 'not', operand: this.#readNot(depth + 1) };
    if (this.#take('(')) {
      const inner = this.#readOr(depth + 1);
      this.#expect(')');
      return inner;
    }
    return this.#readElement();
  }

  #readElement(): AlarmRuleNode {
    this.#elements += 1;
    if (this.#elements > MAX_ELEMENTS) throw new AlarmRuleError(`More than ${MAX_ELEMENTS} elements`);
    const token = this.#next();
    if (token.kind !== 'word') throw unsupported(token);
    if (token.text === 'TRUE' || token.text === 'FALSE') {
      return { kind: 'constant', value: token.text === 'TRUE' };
    }
    if (token.text === 'AT_LEAST') return this.#readAtLeast();
    const state = ALARM_STATES.find((one) => one === token.text);
    if (state === undefined) throw unsupported(token);
    this.#expect('(');
    const alarm = this.#readName();
    this.#expect(')');
    return { kind: 'state', state, alarm };
  }

  #readName(): string {
    const token = this.#next();
    if (token.kind !== 'word' && token.kind !== 'quoted') throw unsupported(token);
    return readAlarmName(token.text);
  }

  /** AT_LEAST(2 | 50%, [NOT] STATE, (name, …)) */
  #readAtLeast(): AlarmRuleNode {
    this.#expect('(');
    const number = this.#next();
    const [, digits, percent] = /^(\d{1,4})(%?)$/.exec(number.text) ?? [];
    if (digits === undefined || Number(digits) < 1) throw unsupported(number);
    this.#expect(',');
    const negated = this.#take('NOT');
    const word = this.#next();
    const state = ALARM_STATES.find((one) => one === word.text);
    if (state === undefined) throw unsupported(word);
    this.#expect(',');
    this.#expect('(');
    const alarms = [this.#readName()];
    while (this.#take(',')) alarms.push(this.#readName());
    this.#expect(')');
    this.#expect(')');
    const operands = alarms.map((alarm): AlarmRuleNode => {
      const node = { kind: 'state', state, alarm } as const;
      return negated ? { kind: 'not', operand: node } : node;
    });
    const count = percent === '%' ? Math.ceil((Number(digits) * alarms.length) / 100) : Number(digits);
    return { kind: 'atLeast', count, operands };
  }
}

function splitTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(PATTERN);
  const length = text.trimEnd().length;
  while (pattern.lastIndex < length) {
    const from = pattern.lastIndex;
    const [whole, double, single, sign, word] = pattern.exec(text) ?? [];
    if (whole === undefined) throw new AlarmRuleError(`Unsupported token at char ${from}`);
    const at = from + whole.length - whole.trimStart().length;
    const quoted = double ?? single;
    if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.replaceAll(/\\(.)/g, '$1'), at });
    else tokens.push({ kind: sign === undefined ? 'word' : 'sign', text: sign ?? word ?? '', at });
  }
  return [...tokens, { kind: 'end', text: '', at: length }];
}

function unsupported({ kind, text, at }: Token): AlarmRuleError {
  if (kind === 'end') return new AlarmRuleError(`Unexpected end of the rule at char ${at}`);
  return new AlarmRuleError(`Unsupported token '${text}' at char ${at}`);
}
