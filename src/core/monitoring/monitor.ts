/** Starts and ends the monitoring of metrics, and keeps their status. Every change holds the write lock. */
import type pg from 'pg';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { AlreadyMonitoredError, InvalidInputError, NotFoundError } from '../../errors.ts';
import type { Prisma, PrismaClient } from '../../generated/prisma/client.ts';
import { DEFAULT_ACCOUNT, type Datasource } from '../../model.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Source, SourceResource } from '../sources/source.ts';
import { checkPolicy } from '../metrics/alert-policy.ts';
import { dropOrphanedAnnotations } from '../annotations/annotations.ts';
import type { Backlog } from '../ingest/backfill.ts';
import { checkAccount } from '../metrics/check-account.ts';
import {
  type CheckedRequest,
  createRequestChecks,
  type MonitorRequest,
  type RequestChecks,
} from './check-request.ts';
import {
  clearScores,
  deleteRows,
  describeRow,
  expectBounds,
  firstStatus,
  saveEntry,
} from './write-status.ts';
import type { MetricChange } from './metric-change.ts';
import { changeModel, restartModel } from './change-model.ts';
import type { ScoreFeed } from '../score-log/score-feed.ts';
import { hasBounds, keepKind } from '../metrics/model-params.ts';
import type { ModelCache } from '../models/model-cache.ts';
import type { Quota } from '../inventory/quota.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import type { StatusFeed } from '../../platform/runtime/change-feed.ts';
import type { WriteLock } from '../../platform/runtime/write-lock.ts';

export interface MonitorOptions {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly registry: Registry;
  readonly writeLock: WriteLock;
  readonly models: ModelCache;
  readonly backlog: Backlog;
  readonly live: ScoreFeed;
  readonly statusFeed: StatusFeed;
  readonly stats: Stats;
  readonly quota: Quota;
  /** @throws NotFoundError for what has ended, or was never there */
  readonly confirmResource: (resource: SourceResource) => Promise<void>;
  readonly sources: ReadonlyMap<Datasource, Source>;
}

/** What a Monitor does: for callers that may be given one account's part of it. */
/** What callers of the API may have done. */
export type MonitorActions = Omit<Monitor, 'forgetMetric'>;

/** Methods that return a string return the metric's id; those given an id throw NotFoundError for an unknown one. */
export class Monitor {
  readonly #options: MonitorOptions;
  readonly #checks: RequestChecks;

  constructor(options: MonitorOptions) {
    this.#options = options;
    this.#checks = createRequestChecks(options);
  }

  /**
   * Makes a metric known without monitoring it, so that its history can be stored first; one that is known stays as
   * it is. @throws NotSupportedError, InvalidInputError
   */
  async createMetric(datasource: Datasource, spec: unknown, accountId = DEFAULT_ACCOUNT): Promise<string> {
    const { registry, writeLock } = this.#options;
    checkAccount(datasource, accountId);
    return writeLock.runExclusive(async () => {
      const { description } = this.#checks.describe(datasource, spec, accountId);
      const known = registry.byIdentity(datasource, description.identity, accountId);
      const data = { ...describeRow(description), accountId };
      return (known ?? (await saveEntry(this.#options, datasource, description, data))).id;
    });
  }

  /** @returns the id of the metric of this spec; null for one that is not known @throws NotSupportedError, InvalidInputError */
  findBySpec(datasource: Datasource, spec: unknown, accountId = DEFAULT_ACCOUNT): string | null {
    const { identity } = this.#checks.describe(datasource, spec, accountId).description;
    return this.#options.registry.byIdentity(datasource, identity, accountId)?.id ?? null;
  }

  /**
   * Whether the metric could be monitored now. @returns its id; null for one that is not known
   * @throws what `monitorMetric` does, but for one that is monitored already
   */
  async findMetric(request: MonitorRequest): Promise<string | null> {
    const { description, findKnown } = await this.#checks.check(request);
    const known = findKnown();
    if (known === undefined || known.status === 'UNMONITORED') {
      this.#options.quota.check(description.server);
    }
    return known?.id ?? null;
  }

  /**
   * @throws AlreadyMonitoredError, NotSupportedError, InvalidInputError, QuotaExceededError; NotFoundError for a metric
   *   of something that is gone
   */
  async monitorMetric(request: MonitorRequest): Promise<string> {
    const checked = await this.#checks.check(request);
    return this.#options.writeLock.runExclusive(() => this.#startMonitoring(request, checked));
  }

  async #startMonitoring(request: MonitorRequest, checked: CheckedRequest): Promise<string> {
    const { accountId, spec, description, model, policy, findKnown } = checked;
    const known = findKnown();
    if (known !== undefined && known.status !== 'UNMONITORED') {
      throw new AlreadyMonitoredError(`${description.name} is monitored already`, known.id);
    }
    this.#options.quota.check(description.server);
    const said = keepKind(known?.modelParams ?? {});
    const expected = hasBounds(model) ? {} : expectBounds(description.modelParams);
    const params = { ...said, ...expected, ...model };
    const entry = await saveEntry(this.#options, request.datasource, description, {
      ...describeRow(description),
      accountId,
      ...policy,
      ...(request.unit === undefined ? {} : { unit: request.unit }),
      modelParams: { ...params },
      status: firstStatus(params, known?.lastRowId ?? 0),
      // The source has checked that it is a plain object of its own shape.
      spec: spec as Prisma.InputJsonObject,
    });
    return this.#announce(entry);
  }

  /**
   * Its scores stay. New parameters make its model anew from the stored samples.
   * @throws InvalidInputError
   */
  async updateMetric(id: string, change: MetricChange): Promise<string> {
    const { prisma, writeLock } = this.#options;
    const policy = checkPolicy(change.policy ?? {});
    return writeLock.runExclusive(async () => {
      const entry = this.#find(id);
      if (change.model !== undefined && (await changeModel(this.#options, entry, change.model)))
        this.#announce(entry);
      const data: Prisma.MetricUpdateInput = { ...policy };
      if (change.unit !== undefined) data.unit = change.unit;
      if (change.displayName !== undefined) data.tagName = change.displayName;
      await prisma.metric.update({ where: { id }, data });
      return entry.id;
    });
  }

  /** Its scores stay; its model forgets what it learned, and learns from its next sample on. @throws InvalidInputError */
  async resetModel(id: string): Promise<string> {
    return this.#options.writeLock.runExclusive(async () => {
      const entry = this.#find(id);
      await restartModel(this.#options, entry);
      return this.#announce(entry);
    });
  }

  /** ERROR → back to work. @throws InvalidInputError when the status is another */
  async retryMetric(id: string): Promise<string> {
    const { prisma, registry, writeLock } = this.#options;
    return writeLock.runExclusive(async () => {
      const entry = this.#find(id);
      if (entry.status !== 'ERROR') {
        throw InvalidInputError.at(['id'], `expected a metric in status ERROR, ${id} is ${entry.status}`, [
          'input',
        ]);
      }
      const status = hasBounds(entry.modelParams) ? 'CREATE_PENDING' : 'PENDING_DATA';
      await prisma.metric.update({ where: { id }, data: { status, message: null } });
      await registry.load([entry.number]);
      return this.#announce(entry);
    });
  }

  /** The samples stay, scores and model go. A metric that is not monitored stays as it is. */
  async unmonitorMetric(id: string): Promise<string> {
    const { pool, registry, writeLock } = this.#options;
    return writeLock.runExclusive(async () => {
      const entry = this.#find(id);
      if (entry.status === 'UNMONITORED') return entry.id;
      await inTransaction(pool, async (client) => {
        await clearScores(client, entry.number);
        await dropOrphanedAnnotations(client, entry, true);
      });
      this.#forgetScores(entry);
      await registry.load([entry.number]);
      return this.#announce(entry);
    });
  }

  /** The metric, its samples and its model are gone. */
  async deleteMetric(id: string): Promise<string> {
    return this.#options.writeLock.runExclusive(() => this.#delete(this.#find(id)));
  }

  /**
   * Deletes a metric that was created to be monitored, and is not; not one that has other samples than `rows`. An
   * unknown one is no error.
   */
  async discardMetric(id: string, rows: number): Promise<void> {
    const { registry, writeLock } = this.#options;
    await writeLock.runExclusive(async () => {
      const entry = registry.byId(id);
      if (entry?.status === 'UNMONITORED' && entry.lastRowId === rows) await this.#delete(entry);
    });
  }

  /** Deletes a metric, monitored or not; not one that has other samples than `rows`. An unknown one is no error. */
  async forgetMetric(id: string, rows: number): Promise<void> {
    const { registry, writeLock } = this.#options;
    await writeLock.runExclusive(async () => {
      const entry = registry.byId(id);
      if (entry?.lastRowId === rows) await this.#delete(entry);
    });
  }

  async #delete(entry: MetricEntry): Promise<string> {
    const { pool, registry, stats, statusFeed } = this.#options;
    await inTransaction(pool, async (client) => {
      await deleteRows(client, entry.number);
      await dropOrphanedAnnotations(client, entry, entry.status !== 'UNMONITORED');
    });
    this.#forgetScores(entry);
    registry.forget(entry.number);
    stats.count('metrics_deleted');
    statusFeed.publish(entry.id);
    return entry.id;
  }

  #find(id: string): MetricEntry {
    const entry = this.#options.registry.byId(id);
    if (entry === undefined) throw new NotFoundError(`no metric has the id ${id}`);
    return entry;
  }

  #forgetScores({ number }: MetricEntry): void {
    this.#options.models.discard([number]);
    this.#options.live.forget(number);
  }

  #announce(entry: MetricEntry): string {
    this.#options.backlog.check(entry);
    this.#options.statusFeed.publish(entry.id);
    return entry.id;
  }
}
