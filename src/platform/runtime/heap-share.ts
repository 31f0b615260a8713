/** Caches and answers that fit the heap the server was given. */
import { getHeapStatistics } from 'node:v8';

const SHARE = 1 / 40;
/** Of one answer that is made in memory. */
const ANSWER_SHARE = 1 / 4;

/**
 * How many entries a cache may have: fewer than `most` where that many would take more than a fortieth of the heap, as
 * with `--max-old-space-size=100`.
 * @param bytes what one entry takes of the heap
 */
export function fitHeap(
  most: number,
  bytes: number,
  heapBytes = getHeapStatistics().heap_size_limit,
): number {
  return Math.max(1, Math.min(most, Math.floor((heapBytes * SHARE) / bytes)));
}

/**
 * How many items an answer may have that is made in memory as a whole.
 * @param bytes what one item takes of the heap, its text included
 */
export function fitAnswer(bytes: number, heapBytes = getHeapStatistics().heap_size_limit): number {
  return Math.floor((heapBytes * ANSWER_SHARE) / bytes);
}

/**
 * How many pieces of work may be under way at once that hold much: one in any case.
 * @param most of them in a large heap
 * @param bytes what one of them takes of the heap, of which they may have half
 */
export function fitAtOnce(
  most: number,
  bytes: number,
  heapBytes = getHeapStatistics().heap_size_limit,
): number {
  return Math.max(1, Math.min(most, Math.floor(heapBytes / 2 / bytes)));
}
