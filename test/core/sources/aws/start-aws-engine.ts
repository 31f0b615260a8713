/** An engine whose AWS is played from a script, and whose clock the test keeps. */
import { Poller } from '../../../../src/core/polling/poller.ts';
import { createCollectorErrors } from '../../../../src/core/polling/collector-errors.ts';
import { WriteLock } from '../../../../src/platform/runtime/write-lock.ts';
import { createLog } from '../../../../src/log.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import type { Discover } from '../../../../src/core/sources/source.ts';
import { createAws } from '../../../../src/core/sources/aws/aws.ts';
import type { TestDatabase } from '../../../helpers/database.ts';
import { startEngine, type TestEngine } from '../../../helpers/start-engine.ts';
import { startAwsImitation, type AwsImitation } from './imitation.ts';
import type { Script } from './script.ts';

/** An engine over anything that speaks AWS. */
export interface ClockedEngine extends AsyncDisposable {
  readonly engine: TestEngine;
  /** Reads what is due at the clock's time, until nothing is behind any more. */
  readonly catchUp: () => Promise<void>;
  readonly poll: Poller;
  readonly clock: { nowMs: number };
  readonly discover: Discover;
}

export interface AwsEngine extends ClockedEngine {
  readonly imitation: AwsImitation;
}

export interface ClockOptions {
  /** Where the clock stands at first; in the past, so that no point lies ahead of the real one. */
  readonly startMs: number;
  readonly historyDays?: number;
  readonly maxAttempts?: number;
}

export const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'do-not-show' };

export async function startAwsEngine(
  database: Pick<TestDatabase, 'pool' | 'prisma'>,
  script: Script,
  options: ClockOptions,
): Promise<AwsEngine> {
  const imitation = await startAwsImitation(script);
  const clocked = await startClockedEngine(database, { url: imitation.url, credentials: KEYS }, options);
  const dispose = async () => {
    await clocked[Symbol.asyncDispose]();
    await imitation[Symbol.asyncDispose]();
  };
  return { ...clocked, imitation, [Symbol.asyncDispose]: dispose };
}

export async function startClockedEngine(
  database: Pick<TestDatabase, 'pool' | 'prisma'>,
  service: { readonly url: string; readonly credentials: typeof KEYS },
  options: ClockOptions,
): Promise<ClockedEngine> {
  const clock = { nowMs: options.startMs };
  const now = () => clock.nowMs;
  const stats = createStats();
  const aws = createAws({
    endpoint: () => Promise.resolve(service.url),
    credentials: service.credentials,
    maxAttempts: options.maxAttempts ?? 1,
    stats,
    historyDays: options.historyDays ?? 14,
    settleSeconds: 360,
    now,
  });
  const engine = await startEngine(database, { aws });
  const log = createLog('silent');
  const { pool, registry, statusFeed, sources, accept, monitor } = engine;
  const writeLock = new WriteLock();
  const collectorErrors = createCollectorErrors({ pool, registry, writeLock, statusFeed, log, now });
  const retry = (id: string) => monitor.retryMetric(id);
  const poll = new Poller({ registry, sources, accept, collectorErrors, retry, stats, log, now });
  const isBehind = () =>
    [...registry.all()].some(
      ({ status, readToMs }) =>
        status !== 'UNMONITORED' && status !== 'ERROR' && (readToMs ?? 0) < now() - 960_000,
    );
  const catchUp = async () => {
    for (let rounds = 0; ; rounds += 1) {
      await poll.readDue();
      if (!isBehind()) return;
      if (rounds > 1000) throw new Error('the metrics do not catch up');
    }
  };
  const dispose = async () => {
    await poll.stop();
    await engine[Symbol.asyncDispose]();
    aws.stop();
  };
  return { engine, catchUp, poll, clock, discover: aws.discover, [Symbol.asyncDispose]: dispose };
}
