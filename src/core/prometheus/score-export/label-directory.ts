/**
 * The labels of every monitored metric, in memory: no two metrics may have the same ones, which only a look at all of them
 * can tell. Read again when a metric is not among them, and now and then, because tags change.
 */
import type pg from 'pg';
import { readMatchingMetrics } from '../promql/read-metric-labels.ts';
import type { Labels } from '../promql/series-labels.ts';

const MAX_AGE_MS = 5 * 60_000;
/** Reading is given a tenth of the time at most, however often new metrics come. */
const REST_FACTOR = 9;

export class LabelDirectory {
  readonly #pool: pg.Pool;
  readonly #rest: (ms: number) => Promise<void>;
  #labels: ReadonlyMap<number, Labels> = new Map();
  #readAtMs = -Infinity;
  #tookMs = 0;

  /** @param options.rest may end early, when there is nothing left to wait for */
  constructor(options: { readonly pool: pg.Pool; readonly rest: (ms: number) => Promise<void> }) {
    this.#pool = options.pool;
    this.#rest = options.rest;
  }

  /** @returns the labels of metrics; a metric that is gone, or not monitored any more, is not in them */
  async find(metricNumbers: Iterable<number>): Promise<ReadonlyMap<number, Labels>> {
    const isKnown = [...metricNumbers].every((number) => this.#labels.has(number));
    const ageMs = performance.now() - this.#readAtMs;
    if (isKnown && ageMs < MAX_AGE_MS) return this.#labels;
    const restMs = REST_FACTOR * this.#tookMs - ageMs;
    if (restMs > 0) await this.#rest(restMs);
    const startedMs = performance.now();
    const metrics = await readMatchingMetrics(this.#pool, []);
    this.#labels = new Map(
      metrics.filter(({ isMonitored }) => isMonitored).map(({ number, labels }) => [number, labels]),
    );
    this.#readAtMs = performance.now();
    this.#tookMs = this.#readAtMs - startedMs;
    return this.#labels;
  }
}
