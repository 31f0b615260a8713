/** A query once it is read: what it consists of, and what it gives. */
import { DATE_FUNCTIONS, type DateFunction } from './functions/date-functions.ts';
import type { RewriteLabels } from './functions/rewrite-labels.ts';
import type { LabelMatcher } from './label-matcher.ts';
import type { Labels } from './series-labels.ts';

export const RANGE_FUNCTIONS = [
  'avg_over_time',
  'changes',
  'count_over_time',
  'delta',
  'deriv',
  'idelta',
  'increase',
  'irate',
  'last_over_time',
  'max_over_time',
  'min_over_time',
  'predict_linear',
  'present_over_time',
  'quantile_over_time',
  'rate',
  'resets',
  'stddev_over_time',
  'stdvar_over_time',
  'sum_over_time',
] as const;
export type RangeFunction = (typeof RANGE_FUNCTIONS)[number];

/** Of one vector, value by value; some by numbers besides. */
export const VALUE_FUNCTIONS = [
  'abs',
  'ceil',
  'clamp',
  'clamp_max',
  'clamp_min',
  'exp',
  'floor',
  'ln',
  'log10',
  'log2',
  'round',
  'sgn',
  'sqrt',
] as const;
export type ValueFunction = (typeof VALUE_FUNCTIONS)[number];

export const SORT_FUNCTIONS = ['sort', 'sort_desc'] as const;

export const AGGREGATIONS = [
  'avg',
  'bottomk',
  'count',
  'group',
  'max',
  'min',
  'quantile',
  'stddev',
  'stdvar',
  'sum',
  'topk',
] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];
/** Those that take a number before what they aggregate. */
export const WITH_PARAMETER: readonly Aggregation[] = ['bottomk', 'quantile', 'topk'];

export const ARITHMETIC = ['+', '-', '*', '/', '%', '^'] as const;
export const COMPARISONS = ['==', '!=', '>', '<', '>=', '<='] as const;
export const SET_OPERATORS = ['and', 'or', 'unless'] as const;
type Arithmetic = (typeof ARITHMETIC)[number];
type Comparison = (typeof COMPARISONS)[number];
type SetOperator = (typeof SET_OPERATORS)[number];
export type BinaryOperator = Arithmetic | Comparison | SetOperator;

/** Series chosen by their labels: the newest sample at a time, or those of a range before it. */
export interface Selector {
  readonly kind: 'selector';
  readonly matchers: readonly LabelMatcher[];
  /** Null for the newest sample. */
  readonly rangeMs: number | null;
  /** How far back; negative for ahead. */
  readonly offsetMs: number;
}

/** An expression at steps of its own within a range. */
export interface Subquery {
  readonly kind: 'subquery';
  readonly operand: Expression;
  readonly rangeMs: number;
  readonly stepMs: number;
  /** How far back; negative for ahead. */
  readonly offsetMs: number;
}

/** Which labels count: these, or all but these. */
export interface LabelChoice {
  readonly labels: readonly string[];
  readonly isExcluded: boolean;
}

/** Of two vectors: which side may have several series for one of the other, and the labels it gets from that. */
export interface GroupSide {
  readonly many: 'left' | 'right';
  readonly labels: readonly string[];
}

export interface AggregateExpression {
  readonly kind: 'aggregate';
  readonly operator: Aggregation;
  readonly grouping: LabelChoice;
  /** Of those that take one. */
  readonly parameter: Expression | null;
  readonly operand: Expression;
}

export interface BinaryExpression {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  /** A comparison gives 0 and 1, and leaves nothing out. */
  readonly isBool: boolean;
  /** By which labels two vectors are paired; all when neither `on` nor `ignoring` is there. */
  readonly matching: LabelChoice;
  /** Null where each series has one partner at most. */
  readonly grouping: GroupSide | null;
  readonly left: Expression;
  readonly right: Expression;
}

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'time' }
  | { readonly kind: 'negate'; readonly operand: Expression }
  | {
      readonly kind: 'range';
      readonly name: RangeFunction;
      readonly selector: Selector | Subquery;
      /** A number; null of functions that take none. */
      readonly parameter: Expression | null;
    }
  | {
      readonly kind: 'map';
      readonly name: ValueFunction | DateFunction;
      readonly operand: Expression;
      /** Numbers. */
      readonly parameters: readonly Expression[];
    }
  | { readonly kind: 'labels'; readonly operand: Expression; readonly rewrite: RewriteLabels }
  | { readonly kind: 'absent'; readonly operand: Expression; readonly labels: Labels }
  | { readonly kind: 'sort'; readonly isDescending: boolean; readonly operand: Expression }
  | { readonly kind: 'histogram'; readonly quantile: Expression; readonly operand: Expression }
  | { readonly kind: 'vector'; readonly operand: Expression }
  | { readonly kind: 'scalar'; readonly operand: Expression }
  | Selector
  | Subquery
  | AggregateExpression
  | BinaryExpression;

export type ValueType = 'scalar' | 'string' | 'instant vector' | 'range vector';

const [NUMBER, VECTOR, RANGE, TEXT] = ['scalar', 'instant vector', 'range vector', 'string'] as const;

interface Signature {
  readonly takes: readonly ValueType[];
  /** How many of the last ones may be left out. */
  readonly optional?: number;
  /** Of any number behind those. */
  readonly rest?: ValueType;
}

/** What functions take, in their order. */
export const SIGNATURES: ReadonlyMap<string, Signature> = new Map<string, Signature>([
  ...RANGE_FUNCTIONS.map((name) => [name, { takes: [RANGE] }] as const),
  ...VALUE_FUNCTIONS.map((name) => [name, { takes: [VECTOR] }] as const),
  ...SORT_FUNCTIONS.map((name) => [name, { takes: [VECTOR] }] as const),
  ...DATE_FUNCTIONS.map((name) => [name, { takes: [VECTOR], optional: 1 }] as const),
  ['absent', { takes: [VECTOR] }],
  ['absent_over_time', { takes: [RANGE] }],
  ['clamp', { takes: [VECTOR, NUMBER, NUMBER] }],
  ['clamp_max', { takes: [VECTOR, NUMBER] }],
  ['clamp_min', { takes: [VECTOR, NUMBER] }],
  ['histogram_quantile', { takes: [NUMBER, VECTOR] }],
  ['label_join', { takes: [VECTOR, TEXT, TEXT], rest: TEXT }],
  ['label_replace', { takes: [VECTOR, TEXT, TEXT, TEXT, TEXT] }],
  ['predict_linear', { takes: [RANGE, NUMBER] }],
  ['quantile_over_time', { takes: [NUMBER, RANGE] }],
  ['round', { takes: [VECTOR, NUMBER], optional: 1 }],
  ['scalar', { takes: [VECTOR] }],
  ['time', { takes: [] }],
  ['vector', { takes: [NUMBER] }],
]);
export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case 'number':
    case 'time':
    case 'scalar':
      return 'scalar';
    case 'string':
      return 'string';
    case 'negate':
      return typeOf(expression.operand);
    case 'selector':
      return expression.rangeMs === null ? 'instant vector' : 'range vector';
    case 'subquery':
      return 'range vector';
    case 'binary': {
      const { left, right } = expression;
      return typeOf(left) === 'scalar' && typeOf(right) === 'scalar' ? 'scalar' : 'instant vector';
    }
    case 'range':
    case 'map':
    case 'labels':
    case 'absent':
    case 'sort':
    case 'histogram':
    case 'vector':
    case 'aggregate':
      return 'instant vector';
  }
}

export function isOneOf<T extends string>(list: readonly T[], text: string): text is T {
  return list.some((one) => one === text);
}
