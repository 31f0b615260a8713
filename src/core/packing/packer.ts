/**
 * Packs older scored samples in the background, a window of the log at a time: reads the window's rows, and replaces them
 * by blocks in one transaction. Killed at any step it has replaced them or has not, and goes on with the rows it finds.
 */
import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import type { Log } from '../../log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { createRetryPause } from '../../platform/runtime/backoff.ts';
import { Signal } from '../../platform/runtime/signal.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { excludePacking, makeBlock, type NewBlock } from '../samples/packed/write-blocks.ts';
import { startOfNextMonth } from '../samples/sample-test.ts';
import {
  beginWindow,
  findOverlapping,
  findUncovered,
  findUnfinished,
  type LogWindow,
  readRows,
} from './read-window.ts';
import { MAX_BLOCK_ROWS, type WindowRows } from './window-rows.ts';
import { logUncompressed, replaceRows, RowsChangedError } from './write-window.ts';

export interface PackerOptions {
  readonly pool: pg.Pool;
  readonly stats: Stats;
  readonly log: Log;
  /** Samples become blocks once they are older; 0 leaves all of them as they are. */
  readonly packAfterHours: number;
  /** How many metrics are scored. */
  readonly countMetrics: () => number;
  /** Brings what is stored of metrics' progress up to what is committed. */
  readonly saveProgress: () => Promise<void>;
  /** Whether points wait to be written. */
  readonly isBusy: () => boolean;
  readonly now?: () => number;
  /** Offsets of a window; by the number of metrics when left out. */
  readonly windowSize?: number;
  /** As many times as long as a window took nothing is packed; nine times, and once while nothing waits, when left out. */
  readonly restFactor?: number;
}

const HOUR_MS = 3_600_000;
/** How often it is looked whether a window has become old enough: so many times while one becomes so, or every minute. */
const LOOKS = 10;
const MAX_LOOK_MS = 60_000;
/** So many samples of each metric are in a window, if all have as many. */
const SAMPLES_PER_METRIC = 256;
/** A window that is not full for so many times as long is begun with a half of its size, down to this part. */
const LONG_FACTOR = 24;
const SMALLEST_PART = 16;
const MIN_WINDOW = 1024;
/** The packer, and a reader of the log there, holds it in memory: some 30 MB. */
const MAX_WINDOW = 2 ** 18;
/** As many times as long as a window took nothing is packed; while points wait, the second. */
const REST_FACTOR = 1;
const BUSY_REST_FACTOR = 9;
/** Encoded before others get the event loop: some milliseconds. */
const SAMPLES_AT_ONCE = 2048;

interface PackedWindow {
  readonly samples: number;
  readonly bytes: number;
  /** Whose metric has blocks of the same time. */
  readonly notPacked: number;
  /** Whether nothing of the window is left. */
  readonly isComplete: boolean;
}

export class Packer implements AsyncDisposable {
  readonly #options: PackerOptions;
  readonly #stopping = new Signal();
  #isStopped = false;
  #working: Promise<void> | undefined;

  constructor(options: PackerOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#options.packAfterHours > 0 && !this.#isStopped) this.#working ??= this.#work();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopping.wake();
    await this.#working;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #work(): Promise<void> {
    const { stats, log, packAfterHours } = this.#options;
    const lookEveryMs = Math.min(MAX_LOOK_MS, (packAfterHours * HOUR_MS) / LOOKS);
    const pause = createRetryPause((ms) => this.#stopping.wait(ms).done);
    while (!this.#isStopped) {
      await this.#stopping.wait(lookEveryMs).done;
      try {
        await this.packDue();
        pause.reset();
      } catch (error) {
        stats.count('pack_failures');
        log.warn({ err: error, pauseMs: pause.ms }, 'samples could not be packed; trying again');
        await pause.wait();
      }
    }
  }

  /** Packs every window that is old enough. @throws what the database throws */
  async packDue(): Promise<void> {
    const tried = new Set<number>();
    for (;;) {
      if (this.#isStopped) return;
      const window = (await findUnfinished(this.#options.pool, tried)) ?? (await this.#beginWindow());
      if (window === null) return;
      tried.add(window.first);
      await this.#packWindow(window);
    }
  }

  /** One that is not full is begun, too, when it has been old enough for long: few samples come then. */
  async #beginWindow(): Promise<LogWindow | null> {
    const { pool, packAfterHours, countMetrics, windowSize, now = Date.now } = this.#options;
    const size = windowSize ?? chooseSize(SAMPLES_PER_METRIC * countMetrics());
    const ageMs = packAfterHours * HOUR_MS;
    const window = await beginWindow(pool, { size, beforeMs: now() - ageMs });
    if (window !== null || windowSize !== undefined) return window;
    for (let part = 2; part <= SMALLEST_PART; part *= 2) {
      const smaller = { size: chooseSize(size / part), beforeMs: now() - LONG_FACTOR * ageMs };
      const begun = smaller.size < size ? await beginWindow(pool, smaller) : null;
      if (begun !== null) return begun;
    }
    return null;
  }

  async #packWindow(window: LogWindow): Promise<void> {
    const { pool, saveProgress, stats } = this.#options;
    await saveProgress();
    const startedMs = performance.now();
    try {
      const packed = await inTransaction(pool, (client) => this.#packRows(client, window));
      // failpoint: pack.after_commit
      stats.count('samples_packed', packed.samples);
      stats.count('packed_bytes', packed.bytes);
      stats.count('samples_not_packed', packed.notPacked);
      if (packed.isComplete) stats.count('windows_packed');
    } catch (error) {
      // It is read again another time.
      if (!(error instanceof RowsChangedError)) throw error;
    }
    await this.#rest(performance.now() - startedMs);
  }

  async #packRows(client: pg.PoolClient, window: LogWindow): Promise<PackedWindow> {
    await logUncompressed(client);
    const rows = await readRows(client, window);
    const places = rows.listPlaces();
    const extents = Array.from(places, ([metricNumber, ofMetric]) => rows.measure(metricNumber, ofMetric));
    const uncovered = await findUncovered(client, extents);
    const overlapping = await findOverlapping(client, extents);
    const except = [...new Set([...uncovered, ...overlapping])];
    const blocks = await makeBlocks(rows, places, { except, window });
    // failpoint: pack.before_delete
    await excludePacking(client);
    const isComplete = uncovered.size === 0;
    await replaceRows(client, window, blocks, { except, isComplete });
    return {
      samples: blocks.reduce((sum, { count }) => sum + count, 0),
      bytes: blocks.reduce((sum, { data }) => sum + data.length, 0),
      notPacked: [...overlapping].reduce((sum, number) => sum + (places.get(number)?.length ?? 0), 0),
      isComplete,
    };
  }

  async #rest(workedMs: number): Promise<void> {
    const { isBusy, restFactor = isBusy() ? BUSY_REST_FACTOR : REST_FACTOR } = this.#options;
    if (!this.#isStopped) await this.#stopping.wait(workedMs * restFactor).done;
  }
}

function chooseSize(wanted: number): number {
  return Math.min(MAX_WINDOW, Math.max(MIN_WINDOW, Math.ceil(wanted)));
}

/** @param except metrics that are left out */
async function makeBlocks(
  rows: WindowRows,
  places: ReadonlyMap<number, Int32Array>,
  { except, window }: { readonly except: readonly number[]; readonly window: LogWindow },
): Promise<readonly NewBlock[]> {
  const blocks: NewBlock[] = [];
  const left = new Set(except);
  let encoded = 0;
  for (const [metricNumber, ofMetric] of places) {
    if (left.has(metricNumber)) continue;
    for (const ofBlock of cutBlocks(rows, ofMetric)) {
      blocks.push(makeBlock(rows.take(metricNumber, ofBlock), window.first));
      encoded += ofBlock.length;
      if (encoded < SAMPLES_AT_ONCE) continue;
      encoded = 0;
      await setImmediate();
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
