/** An Int of GraphQL has 32 bits: a count that grows beyond is an error in its place, and takes along what is around it. */
const MAX_INT = 2 ** 31 - 1;

/** The count, or the largest there is where it is larger. */
export function toInt(count: number): number {
  return Math.min(count, MAX_INT);
}
