/** The CloudWatch service, put together: no HTTP in it. */
import { join } from 'node:path';
import type pg from 'pg';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Log } from '../log.ts';
import { createAccounts, type Accounts } from './accounts.ts';
import { CloudwatchError } from './failure.ts';
import { createIntake, type IntakeCounters } from './intake.ts';
import { AWS_LIMITS, type CloudwatchLimits } from './limits.ts';
import type { Caller, OperationContext } from './operation.ts';
import { findOperation, type Operation } from './operations.ts';
import { createSeal, readSealingKey } from './seal.ts';
import { createThrottle } from './throttle.ts';

export interface CloudwatchOptions {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly log: Log;
  readonly now: () => Date;
  /** Holds the key that seals secrets; made at the first start. */
  readonly keyFile: string;
  /** The first account's key pair; null: no account but those made otherwise. */
  readonly firstKey: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  /** What differs from AWS' limits. */
  readonly limits?: Partial<CloudwatchLimits>;
}

export interface Cloudwatch extends AsyncDisposable {
  readonly accounts: Accounts;
  readonly limits: CloudwatchLimits;
  readonly counters: () => IntakeCounters & { readonly throttledRequests: number };
  /** @throws CloudwatchError InvalidAction */
  find(operation: string): Operation;
  /** @throws CloudwatchError as the operation does, or Throttling when the account asks too often */
  run(operation: Operation, input: unknown, caller: Caller & { readonly region: string }): Promise<unknown>;
  /** The account of the first key pair, and of callers that carry no key: GraphQL, development. */
  findFirstAccount(): Promise<number>;
  stop(): Promise<void>;
}

const FIRST_ACCOUNT = 'default';

/** The default place of the sealing key. */
export function nameKeyFile(dataDir: string): string {
  return join(dataDir, 'cloudwatch.key');
}

/** @throws SealError when the key file cannot be used */
export async function createCloudwatch(options: CloudwatchOptions): Promise<Cloudwatch> {
  const { pool, prisma, log, now } = options;
  const limits: CloudwatchLimits = { ...AWS_LIMITS, ...options.limits };
  const accounts = createAccounts({ prisma, now, seal: createSeal(await readSealingKey(options.keyFile)) });
  if (options.firstKey !== null) await accounts.add({ account: FIRST_ACCOUNT, ...options.firstKey });
  const intake = createIntake({ pool, log, now, queuedData: limits.queuedData });
  const throttle = createThrottle({ perSecond: limits.requestsPerSecond, burst: limits.requestBurst, now });
  let throttledRequests = 0;
  const stop = () => intake.stop();
  return {
    accounts,
    limits,
    counters: () => ({ ...intake.counters(), throttledRequests }),
    find: findOperation,
    findFirstAccount: () => accounts.ensureAccount(FIRST_ACCOUNT),
    async run(operation, input, caller) {
      if (!throttle.take(caller.accountId)) {
        throttledRequests += 1;
        throw new CloudwatchError('Throttling', 'Rate exceeded');
      }
      const context: OperationContext = { ...caller, pool, prisma, intake, limits, now, log };
      return await operation.run(input, context);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
