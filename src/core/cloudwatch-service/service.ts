/** The CloudWatch service, put together: no HTTP in it. */
import type pg from 'pg';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import type { Log } from '../../log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { PngRenderer } from '../../platform/chart/render-png.ts';
import { createOutbound } from '../../platform/outbound/outbound-client.ts';
import { AlarmMonitor } from './alarms/alarm-monitor.ts';
import { createIntervalJobs } from '../../platform/runtime/interval-jobs.ts';
import { purge, type Purged } from './purge.ts';
import { createAccounts, FIRST_ACCOUNT, type Accounts } from './accounts.ts';
import { CloudwatchError } from './model/cloudwatch-error.ts';
import { createIntake } from './store/intake.ts';
import { AWS_LIMITS, type CloudwatchLimits } from './model/limits.ts';
import type { Caller, OperationContext, SeriesWatch } from './model/operation.ts';
import { QueryTurns } from './model/query-turns.ts';
import { findOperation, type Operation, type ServiceName } from './operations.ts';
import type { Seal } from '../../platform/outbound/sealed-secret.ts';
import { createRateLimit } from '../../platform/runtime/token-bucket.ts';
import { WriteLock } from '../../platform/runtime/write-lock.ts';

export interface CloudwatchOptions {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly log: Log;
  readonly stats: Stats;
  readonly now: () => Date;
  readonly seal: Seal;
  /** The first account's key pair; null: no account but those made otherwise. */
  readonly firstKey: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  /** Days one-minute data are kept, and days in all when older data are to be rolled up; 0 for no rolling up. */
  readonly retentionDays?: number;
  readonly rollupDays?: number;
  /** Name of an action's target, as an SNS topic → where its notifications are posted. */
  readonly webhooks?: ReadonlyMap<string, URL>;
  /** How anomaly detectors are monitored; absent, there are none. */
  readonly watch?: SeriesWatch;
  /** What differs from AWS' limits. */
  readonly limits?: Partial<CloudwatchLimits>;
}

export interface Cloudwatch extends AsyncDisposable {
  readonly accounts: Accounts;
  readonly limits: CloudwatchLimits;
  /** @throws CloudwatchError InvalidAction for an operation the service does not have */
  find(operation: string, service?: ServiceName): Operation;
  /** @throws CloudwatchError as the operation does, or Throttling when the account asks too often */
  run(operation: Operation, input: unknown, caller: Caller & { readonly region: string }): Promise<unknown>;
  /** The account of the first key pair, and of callers that carry no key: GraphQL, development. */
  findFirstAccount(): Promise<number>;
  /** For callers without a key of their own, as GraphQL: what operations are handed, as the first account. */
  actAsFirst(): Promise<OperationContext>;
  /** Evaluates every alarm and delivers its notifications. */
  evaluateAlarms(): Promise<void>;
  /** Evaluates the alarms that are due by now, and delivers. */
  tickAlarms(): Promise<void>;
  purge(): Promise<Purged>;
  /** Begins to evaluate alarms at their times and to purge each hour. */
  start(): void;
  /** Finishes what was taken. */
  stop(): Promise<void>;
}

const RETENTION_DAYS = 14;
const PURGE_MS = 3_600_000;

/** @throws SealError when the key file cannot be used */
export async function createCloudwatch(options: CloudwatchOptions): Promise<Cloudwatch> {
  const { pool, prisma, log, stats, now } = options;
  const limits: CloudwatchLimits = { ...AWS_LIMITS, ...options.limits };
  const accounts = createAccounts({ prisma, now, seal: options.seal });
  if (options.firstKey !== null) await accounts.add({ account: FIRST_ACCOUNT, ...options.firstKey });
  const rate = createRateLimit(limits.requestsPerSecond, { atOnce: limits.requestBurst });
  const watch = options.watch ?? null;
  const { webhooks = new Map<string, URL>() } = options;
  // The operator has named the webhooks: they may be in its own network.
  const outbound = createOutbound({ allowed: 'all' });
  const alarms = new AlarmMonitor({ pool, prisma, limits, now, log, stats, webhooks, outbound });
  const { queuedData } = limits;
  const intake = createIntake({ pool, log, stats, now, queuedData, onStored: alarms.onStored });
  const { onAlarmChange } = alarms;
  const renderer = new PngRenderer();
  const queryTurns = new QueryTurns(() => stats.count('cloudwatch_requests_throttled'));
  const locks = { alarms: new WriteLock(), detectors: new WriteLock(), tags: new WriteLock() };
  const shared = { pool, prisma, intake, limits, now, log };
  const surroundings = { ...shared, watch, onAlarmChange, renderer, queryTurns, locks };
  const findFirstAccount = () => accounts.ensureAccount(FIRST_ACCOUNT);
  const { retentionDays = RETENTION_DAYS, rollupDays = 0 } = options;
  const purgeOnce = () => purge({ pool, log, stats, now, retentionDays, rollupDays });
  const jobs = createIntervalJobs(
    [{ name: 'purge', everyMs: PURGE_MS, needsSteadyClock: true, run: purgeOnce }],
    options,
  );
  const stop = async () => {
    await jobs.stop();
    await intake.stop();
    await alarms.stop();
  };
  return {
    accounts,
    limits,
    find: findOperation,
    findFirstAccount,
    async actAsFirst() {
      return { ...surroundings, accountId: await findFirstAccount(), accessKeyId: 'graphql', region: 'self' };
    },
    async run(operation, input, caller) {
      if (!rate.take(String(caller.accountId))) {
        stats.count('cloudwatch_requests_throttled');
        throw new CloudwatchError('Throttling', 'Rate exceeded');
      }
      return await operation.run(input, { ...surroundings, ...caller });
    },
    evaluateAlarms: () => alarms.evaluateNow(),
    tickAlarms: () => alarms.tick(),
    purge: purgeOnce,
    start() {
      jobs.start();
      alarms.start();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
