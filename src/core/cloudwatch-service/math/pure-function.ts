/** A function of metric math that needs nothing but the values of its arguments. */
import { MathError, type MathValue } from './values.ts';

export interface PureFunction {
  /** How many arguments: fewest and most. */
  readonly arity: readonly [number, number];
  /** @throws MathError for a value of the wrong kind */
  apply(args: readonly MathValue[]): MathValue;
}

export const MAX_IN_A_LIST = 500;

/** @throws MathError when the argument is not there */
export function need(value: MathValue | undefined): MathValue {
  if (value === undefined) throw new MathError('an argument is missing');
  return value;
}
