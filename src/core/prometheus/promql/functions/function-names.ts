/** Functions by what they do. https://prometheus.io/docs/prometheus/latest/querying/functions/ */

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
/** What is made of the samples before a step: of those of an instant selector, too. */
export type RangeReducer = RangeFunction | 'timestamp';

const TRIGONOMETRY = [
  'acos',
  'acosh',
  'asin',
  'asinh',
  'atan',
  'atanh',
  'cos',
  'cosh',
  'deg',
  'rad',
  'sin',
  'sinh',
  'tan',
  'tanh',
] as const;

/** Of one vector, value by value; some by numbers besides. */
export const VALUE_FUNCTIONS = [
  'abs',
  ...TRIGONOMETRY,
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
