/** Whether an expression can be evaluated and gives one series now: asked before it is monitored. */
import { InvalidInputError, SourceUnavailableError } from '../../../errors.ts';
import { mergeSeries, showSeries } from './merge-series.ts';
import { PrometheusAnswerError, type PrometheusClient } from './prometheus-client.ts';
import { readPrometheusSpec } from './prometheus-spec.ts';

/** Callers wait for no longer. */
const MAX_WAIT_MS = 5000;
/**
 * VictoriaMetrics gives steps of its newest half minute (`-search.latencyOffset`) the value before them, and none where
 * the question begins within it.
 */
const LOOK_BACK_SECONDS = 60;
/** An expression that is wrong, and one that cannot be executed. */
const REFUSALS: ReadonlySet<number> = new Set([400, 422]);

/**
 * A server that does not answer speaks against nothing: reading the metric will show what is wrong.
 * @param atMs the last moment that is asked for: now, because what is new has no past
 * @throws InvalidInputError naming what the server says, or how many series there are
 */
export async function confirmQuery(client: PrometheusClient, spec: unknown, atMs: number): Promise<void> {
  const { query, periodSeconds } = readPrometheusSpec(spec);
  const firstMs = atMs - Math.ceil(LOOK_BACK_SECONDS / periodSeconds) * periodSeconds * 1000;
  const problem = await findProblem(client, query, { firstMs, lastMs: atMs, periodSeconds });
  if (problem !== null) throw new InvalidInputError(`query: ${problem}`, ['query']);
}

async function findProblem(
  client: PrometheusClient,
  query: string,
  steps: Parameters<PrometheusClient['queryRange']>[1],
): Promise<string | null> {
  try {
    const { newest } = mergeSeries(await client.queryRange(query, steps, AbortSignal.timeout(MAX_WAIT_MS)));
    if (newest.length === 1) return null;
    return newest.length > 1
      ? `expected exactly one series, got ${showSeries(newest)}`
      : 'expected exactly one series, got none; `unlisted: true` takes it all the same';
  } catch (error) {
    if (error instanceof PrometheusAnswerError && REFUSALS.has(error.status)) return error.message;
    if (error instanceof SourceUnavailableError) return null;
    throw error;
  }
}
