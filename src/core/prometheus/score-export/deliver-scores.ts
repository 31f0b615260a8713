/**
 * Delivers one part of the log to the target: tries again for as long as it says "later", and finds out what it refuses, so
 * that one series it does not take costs no other.
 */
import type { Log } from '../../../log.ts';
import { createRetryPause } from '../../../platform/runtime/backoff.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import { SCORE_SERIES } from '../promql/score-series.ts';
import { encodeWrite, type MetricScores } from './encode-write.ts';
import type { WriteAnswer, WriteTarget } from './write-target.ts';

export interface DeliveryOptions {
  readonly target: WriteTarget;
  readonly stats: Stats;
  readonly log: Log;
  /** May end early, when delivering is to stop. */
  readonly rest: (ms: number) => Promise<void>;
  /** Delivering is to stop. */
  readonly signal: AbortSignal;
}

/** @throws what `signal` was aborted with, before all is delivered */
export async function deliverScores(
  metrics: readonly MetricScores[],
  options: DeliveryOptions,
): Promise<void> {
  await new Delivery(options).deliver(metrics);
}

class Delivery {
  readonly #options: DeliveryOptions;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /**
   * A receiver may roll a whole request back for one sample. The halves are sent in order: of one series a receiver takes
   * no sample that is older than the last.
   */
  async deliver(metrics: readonly MetricScores[]): Promise<void> {
    if (metrics.length === 0) return;
    const { stats, log } = this.#options;
    const values = countValues(metrics);
    const answer = await this.#post(encodeWrite(metrics));
    if (answer.outcome === 'TAKEN') {
      stats.count('remote_write_samples_sent', values);
      return;
    }
    const halves = divide(metrics);
    if (halves !== null) {
      for (const half of halves) await this.deliver(half);
      return;
    }
    stats.count('remote_write_samples_refused', values);
    const { status, text } = answer;
    log.debug({ status, text, labels: [...(metrics[0]?.labels ?? [])], values }, 'scores were refused');
  }

  /** @returns an answer that is not "later" */
  async #post(body: Uint8Array<ArrayBuffer>): Promise<WriteAnswer> {
    const { stats, log, rest, signal } = this.#options;
    const pause = createRetryPause(rest);
    for (;;) {
      signal.throwIfAborted();
      const answer = await this.#try(body);
      if (!(answer instanceof Error) && answer.outcome !== 'LATER') return answer;
      signal.throwIfAborted();
      stats.count('remote_write_requests_failed');
      const facts = answer instanceof Error ? { err: answer } : { status: answer.status, text: answer.text };
      const askedMs = answer instanceof Error ? null : answer.retryAfterMs;
      log.warn({ ...facts, pauseMs: askedMs ?? pause.ms }, 'scores could not be written; trying again');
      if (askedMs === null) await pause.wait();
      else await rest(askedMs);
    }
  }

  async #try(body: Uint8Array<ArrayBuffer>): Promise<WriteAnswer | Error> {
    try {
      return await this.#options.target.post(body, this.#options.signal);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}

/** By metrics, and one metric by times; null for one sample. */
function divide(
  metrics: readonly MetricScores[],
): readonly [readonly MetricScores[], readonly MetricScores[]] | null {
  const [first] = metrics;
  if (first === undefined) return null;
  if (metrics.length > 1) {
    const middle = Math.ceil(metrics.length / 2);
    return [metrics.slice(0, middle), metrics.slice(middle)];
  }
  if (first.samples.length < 2) return null;
  const middle = Math.ceil(first.samples.length / 2);
  return [
    [{ ...first, samples: first.samples.slice(0, middle) }],
    [{ ...first, samples: first.samples.slice(middle) }],
  ];
}

function countValues(metrics: readonly MetricScores[]): number {
  return metrics.reduce((sum, { samples }) => sum + samples.length, 0) * SCORE_SERIES.length;
}
