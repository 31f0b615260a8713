/** The rows behind a metric's status: written when its watching begins and ends. */
import type pg from 'pg';
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts';
import type { Datasource } from '../model.ts';
import type { MetricDescription, SourceResource } from '../source/source.ts';

type MetricData = Omit<
  Prisma.MetricUncheckedCreateInput,
  'datasource' | 'identity' | 'resourceId' | 'progress'
>;

/**
 * Makes the metric, or brings the one of the same identity up to date, and its resource with it.
 * @returns the metric's number
 */
export async function saveMetric(
  prisma: PrismaClient,
  datasource: Datasource,
  { identity, resource }: MetricDescription,
  data: MetricData,
): Promise<number> {
  return prisma.$transaction(async (transaction) => {
    const resourceId = resource === null ? null : await saveResource(transaction, datasource, resource);
    const { number } = await transaction.metric.upsert({
      where: { datasource_identity: { datasource, identity } },
      update: { ...data, resourceId },
      create: { ...data, datasource, identity, resourceId, progress: { create: {} } },
      select: { number: true },
    });
    return number;
  });
}

async function saveResource(
  transaction: Prisma.TransactionClient,
  datasource: Datasource,
  resource: SourceResource,
): Promise<string> {
  const { region, type, resourceId, namespace, name, state } = resource;
  const data = { namespace, name, state, tags: resource.tags.map((tag) => ({ ...tag })), seenAt: new Date() };
  const { id } = await transaction.resource.upsert({
    where: { region_type_resourceId: { region, type, resourceId } },
    update: data,
    create: { ...data, datasource, region, type, resourceId },
    select: { id: true },
  });
  return id;
}

/** Back to UNMONITORED: samples stay, what was said of them goes, and so does the model. */
export async function clearScores(client: pg.PoolClient, metricNumber: number): Promise<void> {
  // A long history takes what it takes.
  await client.query('SET LOCAL statement_timeout = 0');
  await client.query(
    `UPDATE sample SET seq = NULL, score = NULL, expected = NULL, low = NULL, high = NULL, raw_score = NULL,
       view = NULL, provisional = false, episode = false
     WHERE metric_number = $1 AND score IS NOT NULL`,
    [metricNumber],
  );
  await client.query(
    'UPDATE metric_progress SET scored_rows = 0, scored_to = NULL, read_to = NULL WHERE metric_number = $1',
    [metricNumber],
  );
  await client.query('DELETE FROM model_checkpoint WHERE metric_number = $1', [metricNumber]);
  await client.query(
    `UPDATE metric SET status = 'UNMONITORED', message = NULL, collector_error = NULL, spec = NULL, model_params = NULL
     WHERE number = $1`,
    [metricNumber],
  );
}
