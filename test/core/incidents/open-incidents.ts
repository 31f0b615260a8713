/** Incidents over a real database and a real log of scores, with a clock set by hand and points scored by hand. */
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import { type NewScore, scoreSample } from '../../../src/core/samples/new-sample.ts';
import { EMPTY_BATCH, writeBatch } from '../../../src/core/samples/write-batch.ts';
import type { Engine } from '../../../src/app/build-core.ts';
import { Incidents, type IncidentsOptions } from '../../../src/core/incidents/incidents.ts';
import { createLog } from '../../../src/log.ts';
import { createOutbound } from '../../../src/platform/outbound/outbound-client.ts';
import { createSeal } from '../../../src/platform/outbound/sealed-secret.ts';
import type { AnomalyPhase } from '../../../src/model.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';
import { startEngine } from '../../helpers/start-engine.ts';

export const NOON_MS = Date.parse('2026-11-20T12:00:00Z');

/** One point scored by hand; the rest of its judgement follows from its score. */
export interface Scored {
  readonly metric: number;
  /** After noon. */
  readonly minute: number;
  /** Red, and the first of its kind. */
  readonly opens?: boolean;
  /** Red, but no news. */
  readonly goesOn?: boolean;
  /** Of a point that is neither. */
  readonly phase?: AnomalyPhase;
  readonly value?: number;
  readonly score?: number;
  readonly provisional?: boolean;
}

export interface Bench extends AsyncDisposable {
  readonly engine: Engine;
  readonly database: TestDatabase;
  readonly incidents: Incidents;
  /** Makes monitored metrics `m1`, `m2` … on servers of the same names, or all on one. @returns their numbers */
  makeMetrics: (count: number, server?: string) => Promise<readonly number[]>;
  /** Commits scores and waits until they were held against the rules. */
  score: (points: readonly Scored[]) => Promise<void>;
  /** Minutes after noon. */
  setClock: (minute: number) => void;
  /** Stops following, and follows again from what the database says; meanwhile scores may be committed. */
  restart: (meanwhile?: () => Promise<void>) => Promise<void>;
  /** Forgets rules, incidents, messages, silences and metrics, and sets the clock to noon. */
  clear: () => Promise<void>;
}

export async function openBench(options: Partial<IncidentsOptions> = {}): Promise<Bench> {
  const database = await withDatabase();
  const engine = await startEngine(database);
  const rowIds = new Map<number, number>();
  let nowMs = NOON_MS;
  let isFollowing = true;
  const open = async () => {
    const incidents = await Incidents.open({
      ...engine,
      log: createLog('silent'),
      seal: createSeal(Buffer.alloc(32, 7)),
      outbound: createOutbound({ allowed: 'all' }),
      mailer: null,
      now: () => new Date(nowMs),
      retentionDays: 90,
      lingerMs: 0,
      ...options,
    });
    incidents.startFollowing();
    // A new follower begins with what comes from now on: it has to know where that is.
    await incidents.catchUp();
    return incidents;
  };
  const bench = { incidents: await open() };
  const months = createSampleMonths(database.pool);

  const makeMetrics = async (count: number, server?: string) => {
    const { rows } = await database.pool.query<{ number: number }>(
      `INSERT INTO metric (datasource, identity, name, server, status)
       SELECT 'CUSTOM', 'm' || i, 'm' || i, coalesce($2, 'm' || i), 'ACTIVE' FROM generate_series(1, $1::int) AS i
       RETURNING number`,
      [count, server ?? null],
    );
    await database.pool.query(
      'INSERT INTO metric_progress (metric_number) SELECT number FROM metric ON CONFLICT DO NOTHING',
    );
    await engine.registry.load();
    return rows.map(({ number }) => number);
  };

  const score = async (points: readonly Scored[]) => {
    const scored = points.map((point) => {
      const rowId = (rowIds.get(point.metric) ?? 0) + 1;
      rowIds.set(point.metric, rowId);
      return toScore(point, rowId);
    });
    await months.ensure(scored.map(({ timestampMs }) => timestampMs));
    const before = engine.live.bounds().last;
    await writeBatch(database.pool, { ...EMPTY_BATCH, scored }, before);
    engine.live.publish(scored.map((score, index) => ({ ...score, seq: before + index + 1 })));
    if (isFollowing) await bench.incidents.catchUp();
  };

  const clear = async () => {
    nowMs = NOON_MS;
    const rules = await database.prisma.notificationRule.findMany({ select: { id: true } });
    for (const { id } of rules) await bench.incidents.rules.deleteRule(id);
    await database.pool.query(
      'DELETE FROM notification; DELETE FROM incident; DELETE FROM silence; DELETE FROM sample; DELETE FROM metric',
    );
    await engine.registry.load();
  };

  return {
    engine,
    database,
    get incidents() {
      return bench.incidents;
    },
    makeMetrics,
    score,
    setClock: (minute) => (nowMs = NOON_MS + minute * 60_000),
    restart: async (meanwhile) => {
      await bench.incidents.stop();
      isFollowing = false;
      await meanwhile?.();
      bench.incidents = await open();
      isFollowing = true;
    },
    clear,
    [Symbol.asyncDispose]: async () => {
      await bench.incidents.stop();
      await engine.stop();
      await database[Symbol.asyncDispose]();
    },
  };
}

function toScore(point: Scored, rowId: number): NewScore {
  const isAnomalous = point.opens === true || point.goesOn === true;
  const value = point.value ?? (isAnomalous ? 100 : 10);
  const sample = {
    metricNumber: point.metric,
    rowId,
    timestampMs: NOON_MS + point.minute * 60_000,
    value,
  };
  return scoreSample(sample, {
    rawScore: isAnomalous ? 1 : 0,
    score: point.score ?? (isAnomalous ? 0.999_999 : 0),
    expected: 10,
    low: 9,
    high: 11,
    provisional: point.provisional ?? false,
    episode: point.opens ?? false,
    phase: point.opens === true ? 'OPENS' : isAnomalous ? 'CONTINUES' : (point.phase ?? null),
    view: isAnomalous ? 'LEVEL' : null,
  });
}
