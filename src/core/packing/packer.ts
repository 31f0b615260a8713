/**
 * Packs older scored samples in the background, a window of the log at a time: reads and encodes the window's rows in
 * pieces, with rests between them, and replaces them by blocks in one transaction. Killed at any step it has replaced them
 * or has not, and goes on with the rows it finds.
 */
import type pg from 'pg';
import type { Log } from '../../log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { createRetryPause } from '../../platform/runtime/backoff.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { excludePacking, type NewBlock } from '../samples/packed/write-blocks.ts';
import { makeBlocks } from './encode-window.ts';
import {
  beginWindow,
  findOverlapping,
  findUncovered,
  findUnfinished,
  type LogWindow,
  readRows,
} from './read-window.ts';
import { PackingStoppedError, Throttle } from './throttle.ts';
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
  /** Whether others need the event loop or the database: see `createBusyTest`. */
  readonly isBusy: () => boolean;
  readonly now?: () => number;
  /** Offsets of a window; by the number of metrics when left out. */
  readonly windowSize?: number;
  /** Rests are as many times as long as the work before them; by `isBusy` when left out. */
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
  readonly #throttle: Throttle;
  #working: Promise<void> | undefined;

  constructor(options: PackerOptions) {
    this.#options = options;
    this.#throttle = new Throttle(options.isBusy, options.restFactor);
  }

  start(): void {
    if (this.#options.packAfterHours > 0 && !this.#throttle.isStopped) this.#working ??= this.#work();
  }

  /** Does not wait for a window that is read or encoded: it is begun again at the next start. */
  async stop(): Promise<void> {
    this.#throttle.stop();
    await this.#working;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #work(): Promise<void> {
    const { stats, log, packAfterHours } = this.#options;
    const throttle = this.#throttle;
    const lookEveryMs = Math.min(MAX_LOOK_MS, (packAfterHours * HOUR_MS) / LOOKS);
    const pause = createRetryPause((ms) => throttle.wait(ms));
    while (!throttle.isStopped) {
      await throttle.wait(lookEveryMs);
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
      if (this.#throttle.isStopped) return;
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
    const { saveProgress, stats } = this.#options;
    await saveProgress();
    this.#throttle.begin();
    try {
      const packed = await this.#packRows(window);
      // failpoint: pack.after_commit
      stats.count('samples_packed', packed.samples);
      stats.count('packed_bytes', packed.bytes);
      stats.count('samples_not_packed', packed.notPacked);
      if (packed.isComplete) stats.count('windows_packed');
      await this.#throttle.rest();
    } catch (error) {
      // It is read again another time.
      if (!(error instanceof RowsChangedError || error instanceof PackingStoppedError)) throw error;
    }
  }

  /** @throws RowsChangedError, PackingStoppedError */
  async #packRows(window: LogWindow): Promise<PackedWindow> {
    const { pool } = this.#options;
    const rest = () => this.#throttle.rest();
    const rows = await readRows(pool, window, rest);
    const places = rows.listPlaces();
    const extents = Array.from(places, ([metricNumber, ofMetric]) => rows.measure(metricNumber, ofMetric));
    const uncovered = await findUncovered(pool, extents);
    const overlapping = await findOverlapping(pool, extents);
    const except = new Set([...uncovered, ...overlapping]);
    const blocks = await makeBlocks(rows, places, { except, window, rest });
    const isComplete = uncovered.size === 0;
    await this.#replace(window, blocks, { except, isComplete });
    return {
      samples: blocks.reduce((sum, { count }) => sum + count, 0),
      bytes: blocks.reduce((sum, { data }) => sum + data.length, 0),
      notPacked: [...overlapping].reduce((sum, number) => sum + (places.get(number)?.length ?? 0), 0),
      isComplete,
    };
  }

  #replace(
    window: LogWindow,
    blocks: readonly NewBlock[],
    rest: { readonly except: ReadonlySet<number>; readonly isComplete: boolean },
  ): Promise<void> {
    return inTransaction(this.#options.pool, async (client) => {
      await logUncompressed(client);
      // failpoint: pack.before_delete
      await excludePacking(client);
      await replaceRows(client, window, blocks, rest);
    });
  }
}

function chooseSize(wanted: number): number {
  return Math.min(MAX_WINDOW, Math.max(MIN_WINDOW, Math.ceil(wanted)));
}
