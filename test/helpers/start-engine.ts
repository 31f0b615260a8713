/** The real engine over a database: `await using engine = await startEngine(database)`. */
import { readConfig } from '../../src/platform/config/read-config.ts';
import { createEngine, type Engine } from '../../src/app/build-core.ts';
import { createLog } from '../../src/log.ts';
import { createStats } from '../../src/platform/telemetry/metrics.ts';
import { createAws, type Aws } from '../../src/core/sources/aws/aws.ts';
import type { Source } from '../../src/core/sources/source.ts';
import type { Tracing } from '../../src/platform/tracing/tracing.ts';
import type { TestDatabase } from './database.ts';

export interface TestEngine extends Engine, AsyncDisposable {}

export async function startEngine(
  database: Pick<TestDatabase, 'pool' | 'prisma'>,
  options: {
    readonly settings?: NodeJS.ProcessEnv;
    readonly sources?: readonly Source[];
    /** Nothing answers when left out. */
    readonly aws?: Aws;
    /** No spans when left out. */
    readonly tracing?: Tracing;
  } = {},
): Promise<TestEngine> {
  const engine = await createEngine({
    database,
    config: readConfig(options.settings ?? {}),
    log: createLog('silent'),
    stats: createStats(),
    sources: options.sources ?? [],
    aws: options.aws ?? createNoAws(),
    tracing: options.tracing ?? null,
  });
  engine.start();
  return Object.assign(engine, { [Symbol.asyncDispose]: () => engine.stop() });
}

function createNoAws(): Aws {
  return createAws({
    endpoint: () => Promise.reject(new Error('this test has no AWS')),
    stats: createStats(),
    historyDays: 14,
    settleSeconds: 360,
  });
}

/** Waits for the metric to reach a status; the feed tells of every change. */
export async function untilStatus(engine: Engine, metricId: string, status: string): Promise<void> {
  const changes = engine.statusFeed.subscribe([metricId]);
  try {
    while (engine.registry.byId(metricId)?.status !== status) await changes.next();
  } finally {
    await changes.return?.();
  }
}
