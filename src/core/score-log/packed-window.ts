/** A window of the log whose blocks were read: its samples as columns, addressed by their offsets. */
import { setImmediate } from 'node:timers/promises';
import { readBlock, type StoredBlock } from '../samples/packed/open-block.ts';
import {
  COLUMN_NAMES,
  emptyColumns,
  PRESENT,
  sampleAt,
  type SampleColumns,
} from '../samples/packed/sample-columns.ts';
import { isScored, type ScoredSample } from '../samples/stored-sample.ts';

/** A window as the table has it. */
export interface WindowBounds {
  /** The first and the last offset in it. */
  readonly first: number;
  readonly last: number;
  /** Of the blocks: others have another. */
  readonly version: number;
}

/** Some milliseconds of reading: then others get the event loop. */
const BLOCKS_AT_ONCE = 32;

export class PackedWindow {
  readonly bounds: WindowBounds;
  readonly #columns: SampleColumns;
  readonly #metricNumbers: Int32Array;

  private constructor(bounds: WindowBounds) {
    const count = bounds.last - bounds.first + 1;
    this.bounds = bounds;
    this.#metricNumbers = new Int32Array(count);
    this.#columns = emptyColumns(0, count);
  }

  static async read(bounds: WindowBounds, blocks: readonly StoredBlock[]): Promise<PackedWindow> {
    const window = new PackedWindow(bounds);
    for (const [index, stored] of blocks.entries()) {
      if (index % BLOCKS_AT_ONCE === BLOCKS_AT_ONCE - 1) await setImmediate();
      readBlock(stored, (block) => {
        window.#add(block.readAll());
      });
    }
    return window;
  }

  /** What it takes of memory. */
  get bytes(): number {
    return this.#columns.count * (COLUMN_NAMES.length * 8 + 4);
  }

  /** The samples with offsets in (after, upTo], in their order, at most `limit`. */
  list(after: number, upTo: number, limit: number): ScoredSample[] {
    const { first } = this.bounds;
    const samples: ScoredSample[] = [];
    const end = Math.min(upTo - first, this.#columns.count - 1);
    for (let index = Math.max(0, after + 1 - first); index <= end && samples.length < limit; index++) {
      if (((this.#columns.present[index] ?? 0) & PRESENT.seq) === 0) continue;
      const sample = sampleAt(this.#columns, index, this.#metricNumbers[index]);
      if (isScored(sample)) samples.push(sample);
    }
    return samples;
  }

  #add(block: SampleColumns): void {
    const { seqs } = block;
    const places = seqs.map((seq) => seq - this.bounds.first);
    for (const name of COLUMN_NAMES) {
      const [from, to] = [block[name], this.#columns[name]];
      for (let index = 0; index < places.length; index++) to[places[index] ?? 0] = from[index] ?? 0;
    }
    for (const place of places) this.#metricNumbers[place] = block.metricNumber;
  }
}
