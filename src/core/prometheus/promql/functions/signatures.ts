/** What functions take. */
import type { ValueType } from '../expression.ts';
import { DATE_FUNCTIONS } from './date-functions.ts';
import { RANGE_FUNCTIONS, SORT_FUNCTIONS, VALUE_FUNCTIONS } from './function-names.ts';

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
  ['pi', { takes: [] }],
  ['predict_linear', { takes: [RANGE, NUMBER] }],
  ['quantile_over_time', { takes: [NUMBER, RANGE] }],
  ['round', { takes: [VECTOR, NUMBER], optional: 1 }],
  ['scalar', { takes: [VECTOR] }],
  ['time', { takes: [] }],
  ['timestamp', { takes: [VECTOR] }],
  ['vector', { takes: [NUMBER] }],
]);
