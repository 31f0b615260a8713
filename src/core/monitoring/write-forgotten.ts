/** Pushed metrics of which nothing is left but their names: containers and hosts that are gone leave them behind. */
import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import type { Direction } from '../../generated/prisma/client.ts';
import type { MetricStatus, ModelParams } from '../../model.ts';
import type { AlertPolicy } from '../metrics/alert-policy.ts';
import { readModelParams, toDetectorParams } from '../metrics/model-params.ts';
import { joinTags, readTags } from '../metrics/stored-tags.ts';
import type { Monitor } from './monitor.ts';
import type { PolicyBook } from './policies/policy-book.ts';

interface ForgottenMetric {
  readonly id: string;
  readonly number: number;
  readonly accountId: number;
  readonly name: string;
  readonly status: MetricStatus;
  readonly tags: unknown;
  readonly modelParams: unknown;
  readonly direction: Direction;
  readonly minDeviation: number;
  readonly minDeviationRatio: number;
  readonly resourceId: string | null;
  readonly resourceTags: unknown;
  /** Row ids it has handed out: one that has more when it is deleted was pushed again. */
  readonly lastRowId: number;
}

export interface ForgottenParts {
  readonly pool: pg.Pool;
  readonly monitor: Pick<Monitor, 'forgetMetric'>;
  readonly book: Pick<PolicyBook, 'find'>;
}

/** How a metric begins. */
interface Begun {
  /** What is known of its values beforehand. */
  readonly model: object;
  readonly alertPolicy: AlertPolicy;
}

/** Looked at together. */
const PAGE = 1000;

/**
 * Deletes those, made before then, whose samples have all been dropped and that are as they came: not monitored, or by a monitoring
 * policy that would monitor them again as they are. None goes that has a name, an alert policy or model parameters of its own, and
 * none that a rule, a silence, a label, a note, an incident or a panel link speaks of. Not to be called within the write lock.
 * @returns how many
 */
export async function deleteForgotten(
  { pool, monitor, book }: ForgottenParts,
  beforeMs: number,
): Promise<number> {
  let count = 0;
  for (let after = 0; ;) {
    const silent = await findWithoutSamples(pool, beforeMs, after);
    const forgotten = silent.filter((metric) => isAsItCame(metric, book));
    // Each by itself: points come in between.
    for (const { id, lastRowId } of forgotten) await monitor.forgetMetric(id, lastRowId);
    count += forgotten.length;
    const last = silent.at(-1);
    if (last === undefined || silent.length < PAGE) return count;
    after = last.number;
  }
}

function isAsItCame(metric: ForgottenMetric, book: ForgottenParts['book']): boolean {
  const { direction, minDeviation, minDeviationRatio } = metric;
  const model = leaveOutKind(toDetectorParams(readModelParams(metric.modelParams)));
  const begun = metric.status === 'UNMONITORED' ? AS_PUSHED : findBegun(metric, book);
  return isDeepStrictEqual({ model, alertPolicy: { direction, minDeviation, minDeviationRatio } }, begun);
}

const AS_PUSHED: Begun = {
  model: leaveOutKind({}),
  alertPolicy: { direction: 'BOTH', minDeviation: 0, minDeviationRatio: 0 },
};

/** As the policy that matches it would begin to monitor it; null where none does. */
function findBegun(
  { accountId, name, resourceId, tags, resourceTags }: ForgottenMetric,
  book: ForgottenParts['book'],
): Begun | null {
  const seen = {
    resourceId,
    state: null,
    tags: joinTags(readTags(tags), readTags(resourceTags)),
    attributes: {},
  };
  const policy = book.find({ accountId, datasource: 'CUSTOM', name, resource: seen });
  if (policy === undefined) return null;
  return { model: leaveOutKind(policy.model), alertPolicy: policy.alertPolicy };
}

/** A push may say it. */
function leaveOutKind(params: ModelParams): object {
  return Object.fromEntries(Object.entries(params).filter(([name]) => name !== 'valueKind'));
}

async function findWithoutSamples(
  pool: pg.Pool,
  beforeMs: number,
  after: number,
): Promise<readonly ForgottenMetric[]> {
  const { rows } = await pool.query<ForgottenMetric>(
    `SELECT m.id, m.number, m.account_id AS "accountId", m.name, m.status, m.tags, m.model_params AS "modelParams", m.direction,
       m.min_deviation AS "minDeviation", m.min_deviation_ratio AS "minDeviationRatio",
       r.resource_id AS "resourceId", r.tags AS "resourceTags", p.last_row_id AS "lastRowId"
     FROM metric m JOIN metric_progress p ON p.metric_number = m.number LEFT JOIN resource r ON r.id = m.resource_id
     WHERE m.number > $2 AND m.datasource = 'CUSTOM' AND m.tag_name IS NULL AND m.created_at < to_timestamp($1 / 1000.0)
       AND NOT EXISTS (SELECT FROM sample WHERE metric_number = m.number)
       AND NOT EXISTS (SELECT FROM sample_block WHERE metric_number = m.number)
       AND NOT EXISTS (SELECT FROM anomaly_label WHERE metric_id = m.id)
       AND NOT EXISTS (SELECT FROM annotation WHERE account_id = m.account_id AND server = m.server)
       AND NOT EXISTS (SELECT FROM incident WHERE metric_id = m.id)
       AND NOT EXISTS (SELECT FROM silence WHERE metric_id = m.id)
       AND NOT EXISTS (SELECT FROM panel_link WHERE metric_id = m.id)
       AND NOT EXISTS (SELECT FROM notification_rule WHERE scope -> 'metricIds' ? m.id::text)
     ORDER BY m.number LIMIT ${PAGE}`,
    [beforeMs, after],
  );
  return rows;
}
