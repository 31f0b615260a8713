/** The rows of metrics that begin to be pushed. */
import type pg from 'pg';
import type { ModelParams } from '../../model.ts';
import type { AlertPolicy } from './alert-policy.ts';
import { writePushedSpec } from './pushed-spec.ts';
import { joinTags } from './stored-tags.ts';
import type { Tag } from './tag-filter.ts';
import type { MetricDescription } from '../sources/source.ts';
import {
  changesTags,
  ensureResources,
  keyOfResource,
  refreshResourceTags,
  type PushedResource,
} from './write-resources.ts';

/** How a metric begins that a monitoring policy means: monitored from its first point, or why not. */
export type FirstMonitoring =
  | {
      readonly monitored: { readonly model: ModelParams; readonly alertPolicy: AlertPolicy };
      readonly refusal: null;
    }
  | { readonly monitored: null; readonly refusal: string };

/** @param tags as `Metric.tags` shows them @returns null for a metric that is stored only */
export type ChooseMonitoring = (metric: NewMetric, tags: readonly Tag[]) => FirstMonitoring | null;

export type NewMetric = MetricDescription & { readonly accountId: number };

/**
 * Makes the metrics that are not there, and the resources they name. To be called in the write lock.
 * @returns the keys of those that were not there yet
 */
export async function insertMetrics(
  pool: pg.Pool,
  metrics: readonly NewMetric[],
  choose: ChooseMonitoring,
): Promise<readonly number[]> {
  const resources = await ensureResources(pool, metrics.flatMap(listResource));
  const resourceOf = (metric: NewMetric) =>
    metric.resource === null ? undefined : resources.get(keyOfResource(metric));
  const first = metrics.map((metric) =>
    choose(metric, joinTags(metric.tags ?? [], resourceOf(metric)?.tags ?? [])),
  );
  const monitored = first.map((one) => one?.monitored ?? null);
  const { rows: made } = await pool.query<{ number: number }>(
    `WITH made AS (
       INSERT INTO metric (datasource, identity, name, description, unit, server, location, period_seconds, account_id,
         tags, resource_id, status, spec, model_params, direction, min_deviation, min_deviation_ratio, message)
       SELECT 'CUSTOM', n.* FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
         $7::int[], $8::int[], $9::text[]::jsonb[], $10::uuid[], $11::metric_status[], $12::text[]::jsonb[],
         $13::text[]::jsonb[], $14::direction[], $15::float8[], $16::float8[], $17::text[]) AS n
       ON CONFLICT (account_id, datasource, identity) DO NOTHING RETURNING number)
     INSERT INTO metric_progress (metric_number) SELECT number FROM made RETURNING metric_number AS number`,
    [
      metrics.map(({ identity }) => identity),
      metrics.map(({ name }) => name),
      metrics.map(({ description }) => description),
      metrics.map(({ unit }) => unit),
      metrics.map(({ server }) => server),
      metrics.map(({ location }) => location),
      metrics.map(({ periodSeconds }) => periodSeconds),
      metrics.map(({ accountId }) => accountId),
      metrics.map(({ tags }) => JSON.stringify(tags ?? [])),
      metrics.map((metric) => resourceOf(metric)?.id ?? null),
      monitored.map((one) => (one === null ? 'UNMONITORED' : 'ACTIVE')),
      metrics.map((metric, index) => (monitored[index] ? JSON.stringify(writePushedSpec(metric)) : null)),
      metrics.map((metric, index) => writeParams(metric, monitored[index]?.model)),
      monitored.map((one) => one?.alertPolicy.direction ?? 'BOTH'),
      monitored.map((one) => one?.alertPolicy.minDeviation ?? 0),
      monitored.map((one) => one?.alertPolicy.minDeviationRatio ?? 0),
      first.map((one) => one?.refusal ?? null),
    ],
  );
  const changed = new Set<string>();
  for (const metric of metrics) {
    const resource = resourceOf(metric);
    if (resource !== undefined && changesTags(resource, metric.tags ?? [])) changed.add(resource.id);
  }
  await refreshResourceTags(pool, [...changed]);
  return made.map(({ number }) => number);
}

/** What the protocol says of the values stays with a metric that is not monitored; a policy goes before it. */
function writeParams({ modelParams }: NewMetric, model: ModelParams | undefined): string | null {
  const isSilent = model === undefined && Object.keys(modelParams).length === 0;
  return isSilent ? null : JSON.stringify({ ...modelParams, ...model });
}

function listResource({ accountId, server, resource }: NewMetric): readonly PushedResource[] {
  return resource === null ? [] : [{ accountId, server }];
}

/** @returns the keys of pushed metrics by their accounts and identities */
export async function findNumbers(
  pool: pg.Pool,
  metrics: readonly { readonly accountId: number; readonly identity: string }[],
): Promise<readonly number[]> {
  const { rows } = await pool.query<{ number: number }>(
    `SELECT number FROM metric JOIN unnest($1::int[], $2::text[]) AS n (account_id, identity)
       USING (account_id, identity) WHERE datasource = 'CUSTOM'`,
    [metrics.map(({ accountId }) => accountId), metrics.map(({ identity }) => identity)],
  );
  return rows.map(({ number }) => number);
}
