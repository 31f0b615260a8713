/**
 * Packs older scored samples in the background, a window of the log at a time: reads and encodes the window's rows in
 * pieces, with rests between them, and replaces them by blocks, those of some hundred metrics in one transaction. Killed at
 * any step it has replaced a metric's rows or has not, and goes on with the rows it finds.
 */
import type pg from 'pg';
import type { Log } from '../../log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { createRetryPause } from '../../platform/runtime/backoff.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { excludePacking } from '../samples/packed/write-blocks.ts';
import { encodeParts, type WindowPart } from './encode-window.ts';
import {
  beginWindow,
  findOverlapping,
  findUncovered,
  findUnfinished,
  type LogWindow,
  readRows,
} from './read-window.ts';
import { PackingStoppedError, Throttle } from './throttle.ts';
import { completeWindow, logUncompressed, replaceRows, RowsChangedError } from './write-window.ts';

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
  /** Samples that are replaced by one transaction, about; 65,536 when left out. */
  readonly partSize?: number;
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

/** Replaced by one transaction, which keeps others from changing scored samples meanwhile: some hundred milliseconds. */
const PART_SIZE = 2 ** 16;

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
    await this.#options.saveProgress();
    this.#throttle.begin();
    try {
      await this.#packRows(window);
      await this.#throttle.rest();
    } catch (error) {
      // It is read again another time.
      if (!(error instanceof RowsChangedError || error instanceof PackingStoppedError)) throw error;
    }
  }

  /** @throws RowsChangedError, PackingStoppedError; parts that were replaced before stay so */
  async #packRows(window: LogWindow): Promise<void> {
    const { pool, stats, partSize = PART_SIZE } = this.#options;
    const rest = () => this.#throttle.rest();
    const rows = await readRows(pool, window, rest);
    const places = rows.listPlaces();
    const extents = Array.from(places, ([metricNumber, ofMetric]) => rows.measure(metricNumber, ofMetric));
    const uncovered = await findUncovered(pool, extents);
    const overlapping = await findOverlapping(pool, extents);
    const except = new Set([...uncovered, ...overlapping]);
    let { version } = window;
    for await (const part of encodeParts(rows, places, { except, window, partSize, rest })) {
      await this.#replace({ ...window, version }, part);
      version += 1;
      await rest();
    }
    for (const number of overlapping) stats.count('samples_not_packed', places.get(number)?.length ?? 0);
    const isComplete = uncovered.size === 0 && (await completeWindow(pool, { ...window, version }));
    if (isComplete) stats.count('windows_packed');
  }

  async #replace(window: LogWindow, part: WindowPart): Promise<void> {
    const { pool, stats } = this.#options;
    await inTransaction(pool, async (client) => {
      await logUncompressed(client);
      // failpoint: pack.before_delete
      await excludePacking(client);
      await replaceRows(client, window, part);
    });
    // failpoint: pack.after_commit
    for (const { count, data } of part.blocks) {
      stats.count('samples_packed', count);
      stats.count('packed_bytes', data.length);
    }
  }
}

function chooseSize(wanted: number): number {
  return Math.min(MAX_WINDOW, Math.max(MIN_WINDOW, Math.ceil(wanted)));
}
