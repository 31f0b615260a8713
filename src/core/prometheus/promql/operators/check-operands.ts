/** Which operators take which operands. */
import { type BinaryOperator, COMPARISONS, isOneOf, SET_OPERATORS, type ValueType } from '../expression.ts';

/** @returns what is wrong, as Prometheus says it; null where nothing is */
export function findOperandProblem(
  operator: BinaryOperator,
  isBool: boolean,
  types: readonly ValueType[],
): string | null {
  const isComparison = isOneOf(COMPARISONS, operator);
  if (isBool && !isComparison) return 'bool modifier can only be used on comparison operators';
  if (types.every((type) => type === 'scalar') && isComparison && !isBool)
    return 'comparisons between scalars must use BOOL modifier';
  if (types.includes('scalar') && isOneOf(SET_OPERATORS, operator))
    return `set operator "${operator}" not allowed in binary scalar expression`;
  return null;
}
