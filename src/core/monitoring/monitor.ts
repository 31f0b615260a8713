/** Begins and ends the watching of metrics, and keeps their status. Every change takes its turn with the data path. */
import type pg from 'pg';
import { holdFollowers } from '../score-log/follow-log.ts';
import { queryAtLength } from '../../platform/postgres/long-statement.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { deleteBars } from '../bars/write-bars.ts';
import { AlreadyMonitoredError, InvalidInputError, NotFoundError } from '../../errors.ts';
import type { Prisma, PrismaClient } from '../../generated/prisma/client.ts';
import { DEFAULT_ACCOUNT, type Datasource } from '../../model.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { MetricDescription, Source, SourceResource } from '../sources/source.ts';
import { checkPolicy, type AlertPolicy } from '../metrics/alert-policy.ts';
import { dropOrphanedAnnotations } from '../annotations/annotations.ts';
import type { Backlog } from '../ingest/backfill.ts';
import { checkAccount } from '../metrics/check-account.ts';
import { createRequestChecks, type MonitorRequest } from './check-request.ts';
import { clearScores, describeRow, expectBounds, firstStatus, saveMetric } from './write-status.ts';
import type { Live } from '../score-log/score-feed.ts';
import { hasBounds } from '../metrics/model-params.ts';
import type { ModelCache } from '../models/model-cache.ts';
import type { Quota } from '../inventory/quota.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import type { StatusFeed } from '../../platform/runtime/change-feed.ts';
import type { Turns } from '../../platform/runtime/write-lock.ts';

export interface MetricChange {
  readonly unit?: string | null;
  /** The friendly name shown before the server. */
  readonly displayName?: string | null;
  readonly policy?: Partial<AlertPolicy>;
}

/** Every function returns the metric's id and throws NotFoundError for one that is not there. */
export interface Monitor {
  /**
   * Makes a metric known without watching it, so that its history can be stored first; one that is known stays as
   * it is. @throws NotSupportedError, InvalidInputError
   */
  createMetric: (datasource: Datasource, spec: unknown, accountId?: number) => Promise<string>;
  /**
   * Whether the metric could be watched now. @returns its id; null for one that is not known
   * @throws what `monitorMetric` does, but for one that is monitored already
   */
  findMetric: (request: MonitorRequest) => Promise<string | null>;
  /** Takes a metric that was made to be watched, and is not, away again; not one that has other samples than `rows`. */
  discardMetric: (id: string, rows: number) => Promise<void>;
  /**
   * @throws AlreadyMonitoredError, NotSupportedError, InvalidInputError, QuotaExceededError; NotFoundError for a metric
   *   of something that is gone
   */
  monitorMetric: (request: MonitorRequest) => Promise<string>;
  /** The samples stay, scores and model go. A metric that is not monitored stays as it is. */
  unmonitorMetric: (id: string) => Promise<string>;
  /** The metric, its samples and its model are gone. */
  deleteMetric: (id: string) => Promise<string>;
  /** ERROR → back to work. @throws InvalidInputError when the status is another */
  retryMetric: (id: string) => Promise<string>;
  /** @throws InvalidInputError */
  updateMetric: (id: string, change: MetricChange) => Promise<string>;
}

export interface MonitorOptions {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly registry: Registry;
  readonly turns: Turns;
  readonly models: ModelCache;
  readonly backlog: Backlog;
  readonly live: Live;
  readonly statusFeed: StatusFeed;
  readonly stats: Stats;
  readonly quota: Quota;
  /** @throws NotFoundError for what has ended, or was never there */
  readonly confirmResource: (resource: SourceResource) => Promise<void>;
  readonly sources: ReadonlyMap<Datasource, Source>;
}

export function createMonitor(options: MonitorOptions): Monitor {
  const { pool, prisma, registry, turns, models, backlog, live, statusFeed, stats } = options;

  const find = (id: string): MetricEntry => {
    const entry = registry.byId(id);
    if (entry === undefined) throw new NotFoundError(`no metric has the id ${id}`);
    return entry;
  };

  const announce = (entry: MetricEntry): string => {
    backlog.check(entry);
    statusFeed.publish(entry.id);
    return entry.id;
  };

  const { describe, check } = createRequestChecks(options);

  const save = async (
    datasource: Datasource,
    description: MetricDescription,
    data: Parameters<typeof saveMetric>[3],
  ): Promise<MetricEntry> => {
    const isNew = registry.byIdentity(datasource, description.identity, data.accountId) === undefined;
    const number = await saveMetric(prisma, datasource, description, data);
    await registry.load([number]);
    const entry = registry.byNumber(number);
    if (entry === undefined) throw new Error(`metric ${number} vanished while it was being saved`);
    if (isNew) stats.count('metrics_created');
    return entry;
  };

  const createMetric = async (
    datasource: Datasource,
    spec: unknown,
    accountId = DEFAULT_ACCOUNT,
  ): Promise<string> => {
    checkAccount(datasource, accountId);
    const { description } = describe(datasource, spec, accountId);
    return turns.run(async () => {
      const known = registry.byIdentity(datasource, description.identity, accountId);
      const data = { ...describeRow(description), accountId };
      return (known ?? (await save(datasource, description, data))).id;
    });
  };

  const findMetric = async (request: MonitorRequest): Promise<string | null> => {
    const { description, findKnown } = await check(request);
    const known = findKnown();
    if (known === undefined || known.status === 'UNMONITORED') options.quota.check(description.server);
    return known?.id ?? null;
  };

  const monitorMetric = async (request: MonitorRequest): Promise<string> => {
    const { accountId, spec, description, model, policy, findKnown } = await check(request);
    return turns.run(async () => {
      const known = findKnown();
      if (known !== undefined && known.status !== 'UNMONITORED') {
        throw new AlreadyMonitoredError(`${description.name} is monitored already`, known.id);
      }
      options.quota.check(description.server);
      const params = hasBounds(model) ? model : { ...expectBounds(description.modelParams), ...model };
      const status = firstStatus(params, known?.lastRowId ?? 0);
      const data = {
        ...describeRow(description),
        accountId,
        ...policy,
        ...(request.unit === undefined ? {} : { unit: request.unit }),
        modelParams: { ...params },
        status,
        // The source has checked that it is a plain object of its own shape.
        spec: spec as Prisma.InputJsonObject,
      };
      const entry = await save(request.datasource, description, data);
      return announce(entry);
    });
  };

  const unmonitorMetric = (id: string) =>
    turns.run(async () => {
      const entry = find(id);
      if (entry.status === 'UNMONITORED') return entry.id;
      await inTransaction(pool, async (client) => {
        await clearScores(client, entry.number);
        await dropOrphanedAnnotations(client, entry, true);
      });
      models.discard([entry.number]);
      live.forget(entry.number);
      await registry.load([entry.number]);
      return announce(entry);
    });

  /** In a turn. */
  const remove = async (entry: MetricEntry) => {
    await inTransaction(pool, async (client) => {
      await queryAtLength(client, 'DELETE FROM sample WHERE metric_number = $1', [entry.number]);
      await holdFollowers(client);
      await deleteBars(client, entry.number);
      await client.query('DELETE FROM metric WHERE number = $1', [entry.number]);
      await dropOrphanedAnnotations(client, entry, entry.status !== 'UNMONITORED');
    });
    models.discard([entry.number]);
    live.forget(entry.number);
    registry.forget(entry.number);
    stats.count('metrics_deleted');
    statusFeed.publish(entry.id);
    return entry.id;
  };

  const deleteMetric = (id: string) => turns.run(() => remove(find(id)));

  const discardMetric = (id: string, rows: number) =>
    turns.run(async () => {
      const entry = registry.byId(id);
      if (entry?.status === 'UNMONITORED' && entry.lastRowId === rows) await remove(entry);
    });

  const retryMetric = (id: string) =>
    turns.run(async () => {
      const entry = find(id);
      if (entry.status !== 'ERROR') {
        throw new InvalidInputError(`id: expected a metric in status ERROR, ${id} is ${entry.status}`, [
          'input',
          'id',
        ]);
      }
      const status = hasBounds(entry.modelParams) ? 'CREATE_PENDING' : 'PENDING_DATA';
      await prisma.metric.update({ where: { id }, data: { status, message: null } });
      await registry.load([entry.number]);
      return announce(entry);
    });

  const updateMetric = async (id: string, change: MetricChange) => {
    const policy = checkPolicy(change.policy ?? {});
    return turns.run(async () => {
      const entry = find(id);
      const data: Prisma.MetricUpdateInput = { ...policy };
      if (change.unit !== undefined) data.unit = change.unit;
      if (change.displayName !== undefined) data.tagName = change.displayName;
      await prisma.metric.update({ where: { id }, data });
      return entry.id;
    });
  };

  return {
    createMetric,
    findMetric,
    discardMetric,
    monitorMetric,
    unmonitorMetric,
    deleteMetric,
    retryMetric,
    updateMetric,
  };
}
