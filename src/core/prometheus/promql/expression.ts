/** A query once it is read: what it consists of, and what it gives. */
import type { DateFunction } from './functions/date-functions.ts';
import type { RangeFunction, ValueFunction } from './functions/function-names.ts';
import type { RewriteLabels } from './functions/rewrite-labels.ts';
import type { LabelMatcher } from './label-matcher.ts';
import type { Labels } from './series-labels.ts';

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
  /** The time of `@`, in place of that of the step; null without it. */
  readonly at: AtModifier | null;
}

/** Milliseconds since 1970, or the first or last step of the query. */
export type AtModifier = number | 'start' | 'end';

/** An expression at steps of its own within a range. */
export interface Subquery {
  readonly kind: 'subquery';
  readonly operand: Expression;
  readonly rangeMs: number;
  readonly stepMs: number;
  /** How far back; negative for ahead. */
  readonly offsetMs: number;
  /** As of a selector. */
  readonly at: AtModifier | null;
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

/** How often each value is there: the value is a label. */
export interface CountValuesExpression {
  readonly kind: 'countValues';
  readonly label: string;
  readonly grouping: LabelChoice;
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
  | { readonly kind: 'timestamp'; readonly operand: Expression }
  | CountValuesExpression
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
    case 'timestamp':
    case 'countValues':
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
