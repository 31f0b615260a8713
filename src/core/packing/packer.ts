/**
 * Packs older scored samples in the background, a window of the log at a time: reads the window's rows, some thousand in a
 * transaction, and replaces them by blocks. Killed at any step it has replaced rows or has not, and goes on with the
 * rows it finds.
 */
import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import type { Log } from '../../log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { createRetryPause } from '../../platform/runtime/backoff.ts';
import { Signal } from '../../platform/runtime/signal.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { toColumns } from '../samples/packed/sample-columns.ts';
import { excludePacking, makeBlock, type NewBlock } from '../samples/packed/write-blocks.ts';
import { startOfMonth } from '../samples/sample-test.ts';
import type { StoredSample } from '../samples/stored-sample.ts';
import {
  beginWindow,
  findUnfinished,
  listMetricRows,
  type LogWindow,
  type MetricRows,
  readRows,
} from './read-window.ts';
import {
  finishWindow,
  leaveOutOverlapping,
  replaceRows,
  RowsChangedError,
  searchByIndex,
} from './write-window.ts';

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
  /** As many times as long as a portion took nothing is packed; nine times, and once while nothing waits, when left out. */
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
/** A reader of the log there holds it in memory: some 26 MB. */
const MAX_WINDOW = 2 ** 18;
/** More in a block, and reading a few samples would cost too much. */
const MAX_BLOCK_ROWS = 512;
/** Of one transaction: a tenth of a second, for which a transaction that takes back scores has to wait. */
const PORTION_ROWS = 10_000;
/** As many times as long as a portion took nothing is packed; while points wait, the second. */
const REST_FACTOR = 1;
const BUSY_REST_FACTOR = 9;
/** Blocks encoded before others get the event loop. */
const BLOCKS_AT_ONCE = 8;

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
    const metrics = await listMetricRows(pool, window);
    const covered = metrics.filter(({ isCovered }) => isCovered);
    for (const portion of cutPortions(covered)) {
      if (this.#isStopped) return;
      const startedMs = performance.now();
      const isPacked = await this.#packPortion(window, portion);
      if (!isPacked) return;
      await this.#rest(performance.now() - startedMs);
    }
    if (covered.length < metrics.length) return;
    await finishWindow(pool, window);
    stats.count('windows_packed');
  }

  /** @returns whether it is done: not where its rows were changed meanwhile, which are read again another time */
  async #packPortion(window: LogWindow, metrics: readonly MetricRows[]): Promise<boolean> {
    const { pool, stats } = this.#options;
    try {
      const blocks = await inTransaction(pool, async (client) => {
        await searchByIndex(client);
        const made = await makeBlocks(await readRows(client, window, metrics), window);
        // failpoint: pack.before_delete
        await excludePacking(client);
        const fitting = await leaveOutOverlapping(client, made);
        await replaceRows(client, window, fitting);
        stats.count('samples_not_packed', countSamples(made) - countSamples(fitting));
        return fitting;
      });
      // failpoint: pack.after_commit
      stats.count('samples_packed', countSamples(blocks));
      stats.count(
        'packed_bytes',
        blocks.reduce((sum, { data }) => sum + data.length, 0),
      );
      return true;
    } catch (error) {
      if (!(error instanceof RowsChangedError)) throw error;
      return false;
    }
  }

  async #rest(workedMs: number): Promise<void> {
    const { isBusy, restFactor = isBusy() ? BUSY_REST_FACTOR : REST_FACTOR } = this.#options;
    if (!this.#isStopped) await this.#stopping.wait(workedMs * restFactor).done;
  }
}

function chooseSize(wanted: number): number {
  return Math.min(MAX_WINDOW, Math.max(MIN_WINDOW, Math.ceil(wanted)));
}

/** Of bounded size, but for a metric that is longer by itself. */
function cutPortions(metrics: readonly MetricRows[]): readonly (readonly MetricRows[])[] {
  const portions: MetricRows[][] = [];
  let rows = Infinity;
  for (const metric of metrics) {
    if (rows + metric.rows > PORTION_ROWS) {
      portions.push([]);
      rows = 0;
    }
    rows += metric.rows;
    portions.at(-1)?.push(metric);
  }
  return portions;
}

/** @param samples by metric, then by time */
async function makeBlocks(samples: readonly StoredSample[], window: LogWindow): Promise<readonly NewBlock[]> {
  const blocks: NewBlock[] = [];
  let first = 0;
  for (let end = 1; end <= samples.length; end++) {
    const [begin, next] = [samples[first], samples[end]];
    const goesOn =
      next !== undefined &&
      next.metricNumber === begin?.metricNumber &&
      end - first < MAX_BLOCK_ROWS &&
      startOfMonth(next.timestampMs) === startOfMonth(begin.timestampMs);
    if (goesOn) continue;
    blocks.push(makeBlock(toColumns(samples.slice(first, end)), window.first));
    first = end;
    if (blocks.length % BLOCKS_AT_ONCE === 0) await setImmediate();
  }
  return blocks;
}

function countSamples(blocks: readonly NewBlock[]): number {
  return blocks.reduce((sum, { columns }) => sum + columns.count, 0);
}
