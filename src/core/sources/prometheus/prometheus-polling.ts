/** Evaluates expressions at whole periods, some time after each; history comes in pages. */
import { ExpectedError, SourceUnavailableError } from '../../../errors.ts';
import type { Polling, ReadFailure, ReadRequest, ReadResult } from '../source.ts';
import { mergeSeries, showSeries } from './merge-series.ts';
import type { PrometheusClient, Steps } from './prometheus-client.ts';
import { readPrometheusSpec } from './prometheus-spec.ts';

export type DropReason = 'not_finite' | 'several_series';

/** How far a new metric goes back: two weeks, as long as Prometheus keeps by default, of one value a minute. */
const HISTORY_MS = 14 * 86_400_000;
const MAX_HISTORY_STEPS = 20_160;
/** Steps of one question: Prometheus takes 11,000. */
const MAX_STEPS = 5000;
/** Questions of one reading, asked at once. Prometheus works on 20 at a time by default. */
const MAX_AT_ONCE = 5;

export class PrometheusPolling implements Polling {
  readonly settleSeconds: number;
  readonly maxBatch = MAX_AT_ONCE;
  readonly #client: PrometheusClient;
  readonly #now: () => number;
  readonly #onDropped: (reason: DropReason, values: number) => void;

  /**
   * @param options.now milliseconds since 1970
   * @param options.onDropped called with how many values were left out, 0 or more
   */
  constructor(options: {
    readonly client: PrometheusClient;
    readonly settleSeconds: number;
    readonly now: () => number;
    readonly onDropped: (reason: DropReason, values: number) => void;
  }) {
    this.settleSeconds = options.settleSeconds;
    this.#client = options.client;
    this.#now = options.now;
    this.#onDropped = options.onDropped;
  }

  read(
    requests: readonly ReadRequest[],
    signal: AbortSignal,
  ): Promise<readonly (ReadResult | ReadFailure)[]> {
    return Promise.all(requests.map((request) => this.#readOne(request, signal)));
  }

  async #readOne(request: ReadRequest, signal: AbortSignal): Promise<ReadResult | ReadFailure> {
    const { metricId, spec, fromMs } = request;
    try {
      const { isNewest, ...steps } = chooseSteps(request, this.#newestStepMs(request.periodSeconds));
      if (steps.lastMs < steps.firstMs) return { metricId, samples: [], readToMs: fromMs ?? steps.lastMs };
      const series = await this.#client.queryRange(readPrometheusSpec(spec).query, steps, signal);
      const { samples, notFinite, ambiguous, newest } = mergeSeries(series);
      // Of the past what is unambiguous is taken: an end that can be mended now is an error until it is.
      if (isNewest && newest.length > 1) {
        throw new SourceUnavailableError(`expected one series, the query gives ${showSeries(newest)}`);
      }
      this.#onDropped('not_finite', notFinite);
      this.#onDropped('several_series', ambiguous);
      return { metricId, samples, readToMs: steps.lastMs };
    } catch (error) {
      if (error instanceof ExpectedError) return { metricId, error };
      throw error;
    }
  }

  /** The newest whole period whose value has settled. */
  #newestStepMs(periodSeconds: number): number {
    return alignMs(this.#now() - this.settleSeconds * 1000, periodSeconds);
  }
}

/** Steps are aligned to 1970, as Grafana and VictoriaMetrics align them. */
function alignMs(timeMs: number, periodSeconds: number): number {
  return Math.floor(timeMs / (periodSeconds * 1000)) * periodSeconds * 1000;
}

function chooseSteps(
  { fromMs, periodSeconds }: ReadRequest,
  newestMs: number,
): Steps & { readonly isNewest: boolean } {
  const periodMs = periodSeconds * 1000;
  const historyMs = Math.min(HISTORY_MS, MAX_HISTORY_STEPS * periodMs);
  const firstMs = alignMs(fromMs ?? newestMs - historyMs, periodSeconds) + periodMs;
  const lastMs = Math.min(newestMs, firstMs + (MAX_STEPS - 1) * periodMs);
  return { firstMs, lastMs, periodSeconds, isNewest: lastMs === newestMs };
}
