/** The service without its wire, on a database of its own and a clock that is set by hand. */
import { randomBytes } from 'node:crypto';
import {
  createCloudwatch,
  type Cloudwatch,
  type CloudwatchOptions,
} from '../../../src/core/cloudwatch-service/service.ts';
import { createLog } from '../../../src/log.ts';
import { createSeal } from '../../../src/platform/outbound/sealed-secret.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';

export interface Service extends AsyncDisposable {
  readonly cloudwatch: Cloudwatch;
  readonly database: TestDatabase;
  readonly accountId: number;
  /** Runs an operation as the first account, or as another. */
  ask(operation: string, input: object, accountId?: number): Promise<Record<string, unknown>>;
  now(): Date;
  setNow(now: Date): void;
}

export const NOON = new Date('2026-11-20T12:00:00Z');
/** Minutes after NOON; negative for before. */
export const at = (minutes: number) => new Date(NOON.getTime() + minutes * 60_000);

export async function openService(options: Partial<CloudwatchOptions> = {}): Promise<Service> {
  const database = await withDatabase();
  let current = NOON;
  const cloudwatch = await createCloudwatch({
    pool: database.pool,
    prisma: database.prisma,
    log: createLog('silent'),
    stats: createStats(),
    now: () => current,
    seal: createSeal(randomBytes(32)),
    firstKey: null,
    ...options,
  });
  const accountId = await cloudwatch.findFirstAccount();
  return {
    cloudwatch,
    database,
    accountId,
    async ask(operation, input, account = accountId) {
      const caller = { accountId: account, accessKeyId: 'AKIDTEST', region: 'self' };
      const answer = await cloudwatch.run(cloudwatch.find(operation), input, caller);
      return answer as Record<string, unknown>; // every answer is a structure
    },
    now: () => current,
    setNow(now) {
      current = now;
    },
    async [Symbol.asyncDispose]() {
      await cloudwatch.stop();
      await database[Symbol.asyncDispose]();
    },
  };
}
