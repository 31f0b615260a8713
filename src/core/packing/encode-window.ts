/** Makes blocks of the rows of a window. */
import { makeBlock, type NewBlock } from '../samples/packed/write-blocks.ts';
import { startOfNextMonth } from '../samples/sample-test.ts';
import type { LogWindow } from './read-window.ts';
import { MAX_BLOCK_ROWS, type WindowRows } from './window-rows.ts';

/** Encoded between two rests: some milliseconds. */
const SAMPLES_AT_ONCE = 2048;

/** All blocks of some metrics in a window. */
export interface WindowPart {
  readonly metricNumbers: readonly number[];
  readonly blocks: readonly NewBlock[];
}

/**
 * @param places which rows each metric has, in time order
 * @param options.except metrics that are left out
 * @param options.partSize samples after which a part ends, with the last of its metrics
 * @param options.rest after each piece
 */
export async function* encodeParts(
  rows: WindowRows,
  places: ReadonlyMap<number, Int32Array>,
  options: {
    readonly except: ReadonlySet<number>;
    readonly window: LogWindow;
    readonly partSize: number;
    readonly rest: () => Promise<void>;
  },
): AsyncGenerator<WindowPart, void, undefined> {
  const { except, window, partSize, rest } = options;
  let [metricNumbers, blocks]: [number[], NewBlock[]] = [[], []];
  let [inPart, inPiece] = [0, 0];
  for (const [metricNumber, ofMetric] of places) {
    if (except.has(metricNumber)) continue;
    metricNumbers.push(metricNumber);
    for (const ofBlock of cutBlocks(rows, ofMetric)) {
      blocks.push(makeBlock(rows.take(metricNumber, ofBlock), window.first));
      inPiece += ofBlock.length;
      if (inPiece < SAMPLES_AT_ONCE) continue;
      inPiece = 0;
      await rest();
    }
    inPart += ofMetric.length;
    if (inPart < partSize) continue;
    yield { metricNumbers, blocks };
    [metricNumbers, blocks, inPart] = [[], [], 0];
  }
  if (inPart > 0) yield { metricNumbers, blocks };
}

/** @param places of one metric's rows, in time order. @returns those of each block */
function cutBlocks(rows: WindowRows, places: Int32Array): readonly Int32Array[] {
  const blocks: Int32Array[] = [];
  let first = 0;
  while (first < places.length) {
    const endMs = startOfNextMonth(rows.timeAt(places[first] ?? 0));
    let end = first + 1;
    while (end < places.length && end - first < MAX_BLOCK_ROWS && rows.timeAt(places[end] ?? 0) < endMs)
      end += 1;
    blocks.push(places.subarray(first, end));
    first = end;
  }
  return blocks;
}
