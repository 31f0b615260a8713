/** Pushed metrics that are known already and begin to be monitored by a policy. */
import type pg from 'pg';
import type { MetricStatus } from '../../../model.ts';
import type { Policy } from './policy.ts';

export interface StartedMetric {
  readonly number: number;
  /** As `monitorMetric` would store it. */
  readonly spec: object;
  readonly status: MetricStatus;
}

/** By one statement. To be called in the write lock. */
export async function writeStarted(
  pool: Pick<pg.Pool, 'query'>,
  { model, alertPolicy }: Pick<Policy, 'model' | 'alertPolicy'>,
  metrics: readonly StartedMetric[],
): Promise<void> {
  if (metrics.length === 0) return;
  await pool.query(
    `UPDATE metric m SET status = g.status::metric_status, spec = g.spec, message = NULL,
       model_params = coalesce(jsonb_strip_nulls(jsonb_build_object('valueKind', m.model_params->'valueKind')), '{}') || $4::jsonb,
       direction = $5::direction, min_deviation = $6, min_deviation_ratio = $7
     FROM unnest($1::int[], $2::text[]::jsonb[], $3::text[]) AS g(number, spec, status) WHERE m.number = g.number`,
    [
      metrics.map(({ number }) => number),
      metrics.map(({ spec }) => JSON.stringify(spec)),
      metrics.map(({ status }) => status),
      JSON.stringify(model),
      alertPolicy.direction,
      alertPolicy.minDeviation,
      alertPolicy.minDeviationRatio,
    ],
  );
}

/** Why each of these is not monitored, for people. */
export async function writeRefusals(
  pool: Pick<pg.Pool, 'query'>,
  refusals: ReadonlyMap<number, string>,
): Promise<void> {
  if (refusals.size === 0) return;
  await pool.query(
    `UPDATE metric m SET message = g.message FROM unnest($1::int[], $2::text[]) AS g(number, message)
     WHERE m.number = g.number`,
    [[...refusals.keys()], [...refusals.values()]],
  );
}
