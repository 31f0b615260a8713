/** Metric math: from a tree to values. */
import type { TimeRange } from '../model/time-range.ts';
import type { ComputedPoints } from './computed-points.ts';
import { fillSeries, type Filling } from './fill.ts';
import { PURE_FUNCTIONS } from './functions.ts';
import { sortList } from './list-functions.ts';
import type { BinaryOperator, Expression } from './parse.ts';
import { checkPeriods } from './periods.ts';
import { isClockFunction, repeatNumber, tellTime } from './time-functions.ts';
import { combineValues, mapEachSeries, mapValue, MathError, type MathValue } from './values.ts';

/** What an expression can reach beyond itself. */
export interface MathScope {
  readonly range: TimeRange;
  /** Of a series that is made from a number. */
  readonly periodSeconds: number;
  /** The value of another query of the request. */
  resolve(id: string): Promise<MathValue>;
  /** All metrics of the request (not expressions) whose id contains the text. */
  metrics(part: string): Promise<MathValue>;
  search(query: string, statistic: string, periodSeconds: number | null): Promise<MathValue>;
  /** Of all the expression makes: of one request they must fit in memory. @throws MathError once there are too many */
  readonly computed: ComputedPoints;
  /** Upper edge, then lower edge, of where the expression was expected. */
  band(expression: Expression, width: number): Promise<MathValue>;
}

const OPERATIONS: Readonly<Record<BinaryOperator, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => a ** b,
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '<': (a, b) => Number(a < b),
  '<=': (a, b) => Number(a <= b),
  '>': (a, b) => Number(a > b),
  '>=': (a, b) => Number(a >= b),
  AND: (a, b) => Number(a !== 0 && b !== 0),
  OR: (a, b) => Number(a !== 0 || b !== 0),
};

/** @throws MathError when the parts do not fit */
export async function evaluateExpression(expression: Expression, scope: MathScope): Promise<MathValue> {
  switch (expression.kind) {
    case 'number':
      return { kind: 'number', value: expression.value };
    case 'reference':
      return await scope.resolve(expression.id);
    case 'negate':
      return scope.computed.take(
        mapValue(await evaluateExpression(expression.operand, scope), (value) => -value),
      );
    case 'binary': {
      const left = await evaluateExpression(expression.left, scope);
      const right = await evaluateExpression(expression.right, scope);
      return scope.computed.take(combineValues(left, right, OPERATIONS[expression.operator]));
    }
    case 'call':
      return scope.computed.take(await callFunction(expression.name, expression.args, scope));
    case 'text':
    case 'keyword':
      throw new MathError('a text stands where a series or a number is needed');
  }
}

async function callFunction(name: string, args: readonly Expression[], scope: MathScope): Promise<MathValue> {
  switch (name) {
    case 'METRICS':
      checkArity(name, args, [0, 1]);
      return await scope.metrics(args[0] === undefined ? '' : readText(name, args[0]));
    case 'SEARCH':
      return await search(args, scope);
    case 'ANOMALY_DETECTION_BAND':
      return await findBand(args, scope);
    case 'FILL':
      return await fill(args, scope);
    case 'SORT':
      return await sort(args, scope);
    case 'TIME_SERIES':
      checkArity(name, args, [1, 1]);
      return repeat(await evaluateFirst(name, args, scope), scope);
  }
  if (isClockFunction(name)) {
    checkArity(name, args, [1, 1]);
    return tellTime(name, await evaluateFirst(name, args, scope), scope.range);
  }
  const found = PURE_FUNCTIONS.get(name);
  if (found === undefined) throw new MathError(`there is no function ${name}`);
  checkArity(name, args, found.arity);
  const values: MathValue[] = [];
  for (const arg of args) values.push(await evaluateExpression(arg, scope));
  return found.apply(values);
}

function checkArity(
  name: string,
  args: readonly Expression[],
  [fewest, most]: readonly [number, number],
): void {
  if (args.length >= fewest && args.length <= most) return;
  const expected = fewest === most ? `${fewest}` : `${fewest} to ${most}`;
  throw new MathError(`${name} takes ${expected} arguments, not ${args.length}`);
}

async function evaluateFirst(
  name: string,
  [first]: readonly Expression[],
  scope: MathScope,
): Promise<MathValue> {
  if (first === undefined) throw new MathError(`${name} takes an argument`);
  return await evaluateExpression(first, scope);
}

function repeat(value: MathValue, { range, periodSeconds }: MathScope): MathValue {
  if (value.kind !== 'number') throw new MathError('TIME_SERIES takes a number');
  return repeatNumber(value.value, range, periodSeconds);
}

/** SORT(list, SUM | AVG | MIN | MAX, ASC | DESC, how many) */
async function sort(args: readonly Expression[], scope: MathScope): Promise<MathValue> {
  checkArity('SORT', args, [3, 4]);
  const [, by, order, most] = args;
  const list = await evaluateFirst('SORT', args, scope);
  const limit = most === undefined ? null : readNumber('SORT', most);
  if (limit !== null && !(limit >= 1)) throw new MathError('SORT keeps 1 or more');
  return sortList(list, readKeyword('SORT', by), readKeyword('SORT', order), limit);
}

function readKeyword(name: string, arg: Expression | undefined): string {
  if (arg?.kind === 'keyword') return arg.word;
  throw new MathError(`${name} takes a word in capitals there`);
}

function readText(name: string, arg: Expression | undefined): string {
  if (arg?.kind === 'text') return arg.value;
  throw new MathError(`${name} takes a quoted text`);
}

function readNumber(name: string, arg: Expression): number {
  if (arg.kind === 'number') return arg.value;
  if (arg.kind === 'negate' && arg.operand.kind === 'number') return -arg.operand.value;
  throw new MathError(`${name} takes a number there`);
}

async function search(args: readonly Expression[], scope: MathScope): Promise<MathValue> {
  checkArity('SEARCH', args, [2, 3]);
  const [query, statistic, period] = args;
  return await scope.search(
    readText('SEARCH', query),
    readText('SEARCH', statistic),
    period === undefined ? null : readNumber('SEARCH', period),
  );
}

const BAND_WIDTH = 2;

async function findBand(args: readonly Expression[], scope: MathScope): Promise<MathValue> {
  checkArity('ANOMALY_DETECTION_BAND', args, [1, 2]);
  const [expression, width] = args;
  if (expression === undefined) throw new MathError('ANOMALY_DETECTION_BAND takes a series');
  const deviations = width === undefined ? BAND_WIDTH : readNumber('ANOMALY_DETECTION_BAND', width);
  if (!(deviations > 0)) throw new MathError('ANOMALY_DETECTION_BAND takes a width greater than 0');
  return await scope.band(expression, deviations);
}

async function fill(args: readonly Expression[], scope: MathScope): Promise<MathValue> {
  checkArity('FILL', args, [2, 2]);
  const [given, filler] = args;
  if (given === undefined || filler === undefined) throw new MathError('FILL takes a series and a filling');
  const value = await evaluateExpression(given, scope);
  checkPeriods(value, scope.range);
  const filling = await readFilling(filler, scope);
  return mapEachSeries(value, (series) => fillSeries(series, filling, scope.range));
}

async function readFilling(expression: Expression, scope: MathScope): Promise<Filling> {
  if (expression.kind === 'keyword') {
    if (expression.word === 'REPEAT' || expression.word === 'LINEAR') return expression.word;
    throw new MathError(`FILL knows REPEAT and LINEAR, not ${expression.word}`);
  }
  const value = await evaluateExpression(expression, scope);
  if (value.kind === 'list') throw new MathError('FILL cannot fill with a list');
  return value.kind === 'number' ? value.value : value.series;
}
