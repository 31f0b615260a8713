/** Columns in which something may be missing: what is there is stored, and spread over the rows again. */
export function keepPresent(present: Float64Array, bit: number, column: Float64Array): Float64Array {
  const kept = countPresent(present, bit);
  return kept === column.length ? column : column.filter((_, index) => ((present[index] ?? 0) & bit) !== 0);
}

export function countPresent(present: Float64Array, bit: number): number {
  let count = 0;
  for (const bits of present) if ((bits & bit) !== 0) count += 1;
  return count;
}

export function spreadPresent(present: Float64Array, bit: number, kept: Float64Array): Float64Array {
  if (kept.length === present.length) return kept;
  const column = new Float64Array(present.length);
  let next = 0;
  for (let index = 0; index < present.length; index++) {
    if (((present[index] ?? 0) & bit) !== 0) column[index] = kept[next++] ?? 0;
  }
  return column;
}
