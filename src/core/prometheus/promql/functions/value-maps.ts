/** Functions of one value, and of numbers besides. */
import type { ValueFunction } from './function-names.ts';

/** @param parameters numbers of the step */
export type MapValue = (value: number, parameters: readonly number[]) => number;

export const VALUE_MAPS: Readonly<Record<ValueFunction, MapValue>> = {
  abs: Math.abs,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  ceil: Math.ceil,
  clamp: (value, [low = NaN, high = NaN]) => Math.max(low, Math.min(high, value)),
  clamp_max: (value, [high = NaN]) => Math.min(high, value),
  clamp_min: (value, [low = NaN]) => Math.max(low, value),
  cos: Math.cos,
  cosh: Math.cosh,
  deg: (value) => (value * 180) / Math.PI,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  rad: (value) => (value * Math.PI) / 180,
  // Prometheus divides by the inverse, which makes of 0.1 no 0.30000000000000004.
  round: (value, [to = 1]) => Math.floor(value * (1 / to) + 0.5) / (1 / to),
  sgn: Math.sign,
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
};
