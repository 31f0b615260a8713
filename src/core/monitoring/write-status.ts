/** The rows behind a metric's status: written when its monitoring starts and ends. */
import type pg from 'pg';
import { holdFollowers } from '../score-log/follow-log.ts';
import { queryAtLength } from '../../platform/postgres/long-statement.ts';
import { deleteBars } from '../bars/write-bars.ts';
import type { Prisma, PrismaClient } from '../../generated/prisma/client.ts';
import { DEFAULT_ACCOUNT, type Datasource, type MetricStatus, type ModelParams } from '../../model.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import { hasBounds, ROWS_TO_LEARN_FROM } from '../metrics/model-params.ts';
import type { MetricDescription, SourceResource } from '../sources/source.ts';
import {
  dropEmptyResources,
  ensureResources,
  keyOfResource,
  refreshResourceTags,
} from '../metrics/write-resources.ts';
import { deleteBlocks, excludePacking, unpackBlocks } from '../samples/packed/write-blocks.ts';
import { moveAnnotations } from '../annotations/annotations.ts';

type MetricData = Omit<
  Prisma.MetricUncheckedCreateInput,
  'datasource' | 'identity' | 'resourceId' | 'progress'
> & { readonly accountId: number };

/** As `saveMetric`, and the registry follows. @returns the metric as it is now */
export async function saveEntry(
  options: {
    readonly pool: pg.Pool;
    readonly prisma: PrismaClient;
    readonly registry: Registry;
    readonly stats: Stats;
  },
  datasource: Datasource,
  description: MetricDescription,
  data: MetricData,
): Promise<MetricEntry> {
  const { registry, stats } = options;
  const isNew = registry.byIdentity(datasource, description.identity, data.accountId) === undefined;
  const number = await saveMetric(options, datasource, description, data);
  await registry.load([number]);
  const entry = registry.byNumber(number);
  if (entry === undefined) throw new Error(`metric ${number} vanished while it was being saved`);
  if (isNew) stats.count('metrics_created');
  return entry;
}

/**
 * Makes the metric, or brings the one of the same identity up to date, and its resource with it. To be called in the
 * write lock.
 * @returns the metric's number
 */
async function saveMetric(
  { pool, prisma }: { readonly pool: pg.Pool; readonly prisma: PrismaClient },
  datasource: Datasource,
  description: MetricDescription,
  data: MetricData,
): Promise<number> {
  const pushedId = datasource === 'CUSTOM' ? await ensurePushed(pool, description, data.accountId) : null;
  const { number, resourceId, formerResourceId } = await prisma.$transaction((transaction) =>
    saveRows(transaction, datasource, description, { ...data, pushedId }),
  );
  const { tags = [] } = description;
  if (resourceId !== null && tags.length > 0) await refreshResourceTags(pool, [resourceId]);
  if (formerResourceId !== null && formerResourceId !== resourceId)
    await dropEmptyResources(pool, [formerResourceId]);
  return number;
}

/** @returns the uuid of the resource a pushed metric is of; null where it is of none */
async function ensurePushed(
  pool: pg.Pool,
  { server, resource }: MetricDescription,
  accountId: number,
): Promise<string | null> {
  if (resource === null) return null;
  const key = { accountId, server };
  return (await ensureResources(pool, [key])).get(keyOfResource(key))?.id ?? null;
}

interface SavedMetric {
  readonly number: number;
  readonly resourceId: string | null;
  readonly formerResourceId: string | null;
}

async function saveRows(
  transaction: Prisma.TransactionClient,
  datasource: Datasource,
  { identity, resource }: MetricDescription,
  { pushedId, ...data }: MetricData & { readonly pushedId: string | null },
): Promise<SavedMetric> {
  const saved =
    resource === null || datasource === 'CUSTOM'
      ? null
      : await saveResource(transaction, datasource, resource);
  const resourceId = saved?.id ?? pushedId;
  const { accountId } = data;
  const where = { accountId_datasource_identity: { accountId, datasource, identity } };
  const former = await transaction.metric.findUnique({ where, select: { server: true, resourceId: true } });
  const { number } = await transaction.metric.upsert({
    where,
    update: { ...data, resourceId },
    create: {
      ...data,
      tagName: data.tagName ?? saved?.name ?? null,
      datasource,
      identity,
      resourceId,
      progress: { create: {} },
    },
    select: { number: true },
  });
  if (former !== null) await moveAnnotations(transaction, accountId, former.server, data.server);
  return { number, resourceId, formerResourceId: former?.resourceId ?? null };
}

async function saveResource(
  transaction: Prisma.TransactionClient,
  datasource: Datasource,
  resource: SourceResource,
): Promise<{ readonly id: string; readonly name: string | null }> {
  const { region, type, resourceId, namespace, name, state } = resource;
  // A source that does not know a name, a state or tags leaves those the inventory knows as they are.
  const data = {
    namespace,
    ...(name === null ? {} : { name }),
    ...(state === null ? {} : { state }),
    ...(resource.tags.length === 0 ? {} : { tags: resource.tags.map((tag) => ({ ...tag })) }),
    seenAt: new Date(),
  };
  return transaction.resource.upsert({
    where: { identity: { accountId: DEFAULT_ACCOUNT, region, type, resourceId } },
    update: data,
    create: { ...data, datasource, region, type, resourceId },
    select: { id: true, name: true },
  });
}

/** Back to UNMONITORED: samples and their kind stay, what was said of each goes, and so does the model. */
export async function clearScores(client: pg.PoolClient, metricNumber: number): Promise<void> {
  await excludePacking(client);
  await unpackBlocks(client, metricNumber, null);
  await queryAtLength(
    client,
    `UPDATE sample SET seq = NULL, score = NULL, expected = NULL, low = NULL, high = NULL, raw_score = NULL,
       view = NULL, provisional = false, episode = false, phase = NULL
     WHERE metric_number = $1 AND score IS NOT NULL`,
    [metricNumber],
  );
  await holdFollowers(client);
  await deleteBars(client, metricNumber);
  // From now on nothing but this row says how far the metric had come.
  await client.query(
    `UPDATE metric_progress p SET scored_rows = 0, scored_to = NULL, read_to = NULL,
       last_row_id = greatest(p.last_row_id, s.last_row_id),
       last_timestamp = greatest(p.last_timestamp, s.last_timestamp)
     FROM (SELECT max(row_id) AS last_row_id, max("timestamp") AS last_timestamp
           FROM sample WHERE metric_number = $1) s
     WHERE p.metric_number = $1`,
    [metricNumber],
  );
  await client.query('DELETE FROM model_checkpoint WHERE metric_number = $1', [metricNumber]);
  await client.query(
    `UPDATE metric SET status = 'UNMONITORED', message = NULL, collector_error = NULL, spec = NULL,
       model_params = nullif(jsonb_strip_nulls(jsonb_build_object('valueKind', model_params->'valueKind')), '{}')
     WHERE number = $1`,
    [metricNumber],
  );
}

/** The metric, its samples, bars and checkpoint, and its resource where nothing else is known of that. */
export async function deleteRows(client: pg.PoolClient, metricNumber: number): Promise<void> {
  await excludePacking(client);
  await deleteBlocks(client, metricNumber);
  await queryAtLength(client, 'DELETE FROM sample WHERE metric_number = $1', [metricNumber]);
  await holdFollowers(client);
  await deleteBars(client, metricNumber);
  const { rows } = await client.query<{ resource_id: string | null }>(
    'DELETE FROM metric WHERE number = $1 RETURNING resource_id',
    [metricNumber],
  );
  await dropEmptyResources(
    client,
    rows.flatMap(({ resource_id: id }) => id ?? []),
  );
}

/** ACTIVE at once when there is nothing to catch up with; without bounds the first rows are waited for. */
export function firstStatus(params: ModelParams, storedRows: number): MetricStatus {
  if (!hasBounds(params) && storedRows < ROWS_TO_LEARN_FROM) return 'PENDING_DATA';
  return storedRows > 0 ? 'CREATE_PENDING' : 'ACTIVE';
}

/** The bounds a source expects, marked as its own. */
export function expectBounds(params: ModelParams): ModelParams {
  return hasBounds(params) ? { ...params, boundsFrom: 'SOURCE' } : params;
}

/** What is stored of a description. */
export function describeRow(description: MetricDescription) {
  const { name, unit, server, location, tagName, periodSeconds, autostackId, tags = [] } = description;
  return {
    name,
    description: description.description,
    ...(unit === null ? {} : { unit }),
    server,
    location,
    tags: tags.map((tag) => ({ ...tag })),
    ...(tagName === null ? {} : { tagName }),
    periodSeconds,
    ...(autostackId === undefined ? {} : { autostackId }),
    message: null,
  };
}
