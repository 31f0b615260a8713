/** Makes blocks of the rows of a window. */
import { makeBlock, type NewBlock } from '../samples/packed/write-blocks.ts';
import { startOfNextMonth } from '../samples/sample-test.ts';
import type { LogWindow } from './read-window.ts';
import { MAX_BLOCK_ROWS, type WindowRows } from './window-rows.ts';

/** Encoded between two rests: some milliseconds. */
const SAMPLES_AT_ONCE = 2048;

/**
 * @param places which rows each metric has, in time order
 * @param options.except metrics that are left out
 * @param options.rest after each piece
 */
export async function makeBlocks(
  rows: WindowRows,
  places: ReadonlyMap<number, Int32Array>,
  options: {
    readonly except: ReadonlySet<number>;
    readonly window: LogWindow;
    readonly rest: () => Promise<void>;
  },
): Promise<readonly NewBlock[]> {
  const { except, window, rest } = options;
  const blocks: NewBlock[] = [];
  let encoded = 0;
  for (const [metricNumber, ofMetric] of places) {
    if (except.has(metricNumber)) continue;
    for (const ofBlock of cutBlocks(rows, ofMetric)) {
      blocks.push(makeBlock(rows.take(metricNumber, ofBlock), window.first));
      encoded += ofBlock.length;
      if (encoded < SAMPLES_AT_ONCE) continue;
      encoded = 0;
      await rest();
    }
  }
  return blocks;
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
