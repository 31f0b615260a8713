/**
 * Whatever fails for one metric costs that metric alone. Every step of the data path × every way in: one batch holds a
 * metric for each step that fails at it, and neighbours between them.
 */
import { describe, expect, it } from 'vitest';
import { roundJudgement } from '../../../src/core/samples/round-judgement.ts';
import type { Engine } from '../../../src/app/build-core.ts';
import type { Source } from '../../../src/core/sources/source.ts';
import { DETECTOR_KINDS } from '../../../src/detector/detector-kinds.ts';
import { read } from '../../helpers/ask.ts';
import { withDatabase } from '../../helpers/database.ts';
import { startEngine, untilStatus } from '../../helpers/start-engine.ts';
import { startServer, type TestServer } from '../../helpers/start-server.ts';
import { until } from '../../helpers/until.ts';
import { PROTOCOLS, FURTHER_PROTOCOLS, type Point } from './push-protocols.ts';
import { Failpoints, modelOf, type Step, STEPS, VICTIM_MONTH_MS } from './failpoints.ts';

const START = Date.parse('2026-01-05T00:00:00Z');
const MINUTE = 60_000;
/** As many as make a model due to be saved. */
const MANY = 1001;

interface Row {
  readonly name: string;
  readonly status: string;
  readonly message: string | null;
  readonly samples: number;
  readonly scored: number;
}

const valueAt = (timestampMs: number) => 50 + 10 * Math.sin(timestampMs / MINUTE / 20);

function point(metric: string, minute: number): Point {
  const timestampMs = START + minute * MINUTE;
  return { metric, timestampMs, value: valueAt(timestampMs) };
}

function fresh(metric: string, from: number, rows: number): Point[] {
  return Array.from({ length: rows }, (_, row) => point(metric, from + row));
}

/** A name for each step with neighbours before, between and behind. */
function nameAll(protocol: string, steps: readonly Step[]): readonly string[] {
  const names = steps.flatMap(({ name }, index) => [`${protocol}.neighbour${index}`, `${protocol}.${name}`]);
  return [...names, `${protocol}.last`];
}

function stepOf(metric: string, steps: readonly Step[]): Step | undefined {
  return steps.find(({ name }) => metric.endsWith(`.${name}`));
}

/** One that was stored before, a late one, and new ones of each: interleaved, so that any cut meets several metrics. */
function makeBatch(names: readonly string[], steps: readonly Step[]): readonly Point[] {
  const all = names.map((metric) => {
    const step = stepOf(metric, steps);
    const late =
      step === STEPS.month ? { metric, timestampMs: VICTIM_MONTH_MS, value: 1 } : point(metric, -1);
    return [point(metric, 0), late, ...fresh(metric, 1, step?.becomes === 'UNSAVED' ? MANY : 2)];
  });
  return Array.from({ length: MANY + 2 }, (_, place) =>
    all.flatMap((one) => one.slice(place, place + 1)),
  ).flat();
}

async function monitorAll(engine: Engine, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (name.endsWith('.create')) continue;
    const model = modelOf(name.slice(name.indexOf('.') + 1));
    await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model });
  }
}

async function readRows({ pool }: Engine): Promise<ReadonlyMap<string, Row>> {
  const { rows } = await pool.query<Row>(
    `SELECT m.name, m.status, m.message, count(s.*)::int AS samples, count(s.score)::int AS scored
     FROM metric m LEFT JOIN sample s ON s.metric_number = m.number GROUP BY m.id ORDER BY m.name`,
  );
  return new Map(rows.map((row) => [row.name, row]));
}

/** What a metric is to look like once `sent` points of it came while it failed at its step; one was stored before. */
function expectRow(metric: string, step: Step | undefined, sent: { all: number; scored: number }) {
  const samples = 1 + (step?.becomes === 'REFUSED' ? 0 : sent.all);
  const isScored = step === undefined || step.becomes === 'UNSAVED';
  return {
    name: metric,
    status: isScored ? 'ACTIVE' : 'ERROR',
    message: step === undefined ? null : (expect.stringContaining(describeFailure(step)) as string),
    samples,
    scored: 1 + (isScored ? sent.scored : 0),
  };
}

function describeFailure({ name }: Step): string {
  return name === 'restore' ? 'model could not be restored' : `failpoint ${name}`;
}

/** The scores of a metric are those of a detector that saw the points in the order of their times. */
async function checkScores(engine: Engine, metric: string): Promise<void> {
  const { rows } = await engine.pool.query<{ at: Date; value: number; score: number }>(
    `SELECT s."timestamp" AS at, s.value, s.score FROM sample s JOIN metric m ON m.number = s.metric_number
     WHERE m.name = $1 AND s.score IS NOT NULL ORDER BY s."timestamp"`,
    [metric],
  );
  const oracle = DETECTOR_KINDS[0].create({ min: 0, max: 100 });
  expect(rows.map(({ score }) => score)).toEqual(
    rows.map(({ at, value }) => roundJudgement(oracle.update(at.getTime(), value)).score),
  );
}

describe('a metric the server fails on', () => {
  const steps = [
    STEPS.create,
    STEPS.lookUp,
    STEPS.restore,
    STEPS.replay,
    STEPS.score,
    STEPS.snapshot,
    STEPS.month,
    STEPS.storeScores,
    STEPS.storeSamples,
    STEPS.progress,
    STEPS.checkpoint,
  ];

  it.each([...PROTOCOLS, ...FURTHER_PROTOCOLS.filter(({ name }) => name === 'OTLP')])(
    'costs itself alone, at every step, when its points come by $name',
    async ({ name, push }) => {
      await using server = await startServer({ settings: { LAPWING_GRAPHITE_PORT: '0' } });
      const { engine } = server;
      const failpoints = new Failpoints(engine);
      const names = nameAll(name, steps);
      await monitorAll(engine, names);
      await push(
        server,
        names.filter((metric) => !metric.endsWith('.create')).map((metric) => point(metric, 0)),
      );

      await failpoints.arm();
      const batch = makeBatch(names, steps);
      const refused = await push(server, batch);
      const isRefused = ({ metric }: Point) => stepOf(metric, steps)?.becomes === 'REFUSED';
      if (refused !== null && name === 'graphql') {
        expect(refused).toEqual(batch.flatMap((one, index) => (isRefused(one) ? [index] : [])));
      }
      expect(refused?.length ?? engine.stats.read('points_rejected')).toBe(batch.filter(isRefused).length);
      const rows = await readRows(engine);
      for (const metric of names) {
        const step = stepOf(metric, steps);
        if (step === STEPS.create) expect(rows.get(metric)).toBeUndefined();
        else {
          const own = batch.filter((one) => one.metric === metric).length;
          expect(rows.get(metric)).toEqual(expectRow(metric, step, { all: own - 1, scored: own - 2 }));
        }
      }

      await failpoints.disarm();
      // Many again: what could not be saved is due to be saved.
      const after = names.flatMap((metric) =>
        fresh(metric, MANY + 10, stepOf(metric, steps)?.becomes === 'UNSAVED' ? MANY : 1),
      );
      expect((await push(server, after)) ?? []).toEqual([]);
      for (const metric of names) {
        const entry = engine.registry.byIdentity('CUSTOM', metric);
        if (entry?.status === 'ERROR') {
          await engine.monitor.retryMetric(entry.id);
          await untilStatus(engine, entry.id, 'ACTIVE');
        }
        expect(entry).toMatchObject({
          status: metric.endsWith('.create') ? 'UNMONITORED' : 'ACTIVE',
          message: null,
        });
        if (stepOf(metric, steps) === undefined) await checkScores(engine, metric);
      }
    },
  );

  it('costs itself alone when its source is polled', async () => {
    await using database = await withDatabase();
    const own = steps.filter(({ name }) => name !== 'create');
    const names = nameAll('poll', own);
    const answers: Record<string, readonly Point[]> = {};
    await using engine = await startEngine(database, {
      sources: [createSource((name) => answers[name] ?? [])],
    });
    const failpoints = new Failpoints(engine);
    for (const name of names) {
      const model = modelOf(name.slice(name.indexOf('.') + 1));
      await engine.monitor.monitorMetric({ datasource: 'HOST', spec: { metric: name }, model });
      answers[name] = [point(name, 0)];
    }
    await engine.poll.readDue();

    await failpoints.arm();
    const batch = makeBatch(names, own);
    for (const name of names) answers[name] = batch.filter(({ metric }) => metric === name);
    const last = engine.registry.byIdentity('HOST', names.at(-1) ?? '');
    await until(async () => {
      await engine.poll.readDue();
      expect(last?.readToMs).toBe(READ_TO + 1000);
    });
    const rows = await readRows(engine);
    for (const metric of names) {
      const all = (answers[metric]?.length ?? 0) - 1;
      expect(rows.get(metric)).toEqual(expectRow(metric, stepOf(metric, own), { all, scored: all - 1 }));
    }
    for (const entry of engine.registry.all()) {
      // What was refused is read again: its source counts as not read.
      const isRefused = stepOf(entry.name, own)?.becomes === 'REFUSED';
      expect([entry.name, entry.readToMs]).toEqual([entry.name, isRefused ? READ_TO : READ_TO + 1000]);
    }
    await failpoints.disarm();
  });

  it('costs itself alone while stored samples are scored: behind the reorder window', async () => {
    await using server = await startServer({ settings: { LAPWING_REORDER_SECONDS: '1' } });
    await scoreStored(server, 'reorder', {
      // Only points of what is monitored wait for the window.
      before: async (names, points) => {
        await monitorAll(server.engine, names);
        await PROTOCOLS[0]?.push(server, points);
      },
      begin: () => Promise.resolve(),
    });
  });

  it('costs itself alone while stored samples are scored: of metrics that begin to be monitored', async () => {
    await using server = await startServer();
    await scoreStored(server, 'backfill', {
      before: async (_names, points) => {
        await PROTOCOLS[0]?.push(server, points);
      },
      begin: (names) => monitorAll(server.engine, names),
    });
  });

  it('costs itself alone in an import', async () => {
    await using server = await startServer();
    const { engine } = server;
    const failpoints = new Failpoints(engine);
    const own = [
      STEPS.create,
      STEPS.score,
      STEPS.month,
      STEPS.storeScores,
      STEPS.storeSamples,
      STEPS.progress,
    ];
    const names = nameAll('import', own);
    const models = names.map((name) => {
      const step = stepOf(name, own);
      const first = step === STEPS.month ? { timestampMs: VICTIM_MONTH_MS, value: 1 } : point(name, 0);
      const data = [first, point(name, 1), point(name, 2)];
      return {
        datasource: 'custom',
        metricSpec: { name },
        modelParams: modelOf(name.slice(name.indexOf('.') + 1)),
        data: data.map(({ value, timestampMs }) => [value, new Date(timestampMs).toISOString()]),
      };
    });
    await failpoints.arm();
    const { importModels } = await read<{
      importModels: { results: { created: boolean; error: { code: string; message: string } | null }[] };
    }>(
      server,
      `mutation ($models: [JSON!]!) {
        importModels(input: { models: $models }) { results { created error { code message } } }
      }`,
      { models },
    );
    const codes = importModels.results.map(({ error }, index) => [names[index], error?.code ?? null]);
    expect(codes).toEqual(names.map((name) => [name, findImportCode(stepOf(name, own))]));
    for (const name of names) {
      const step = stepOf(name, own);
      if (step === undefined) {
        const id = engine.registry.byIdentity('CUSTOM', name)?.id ?? '';
        await untilStatus(engine, id, 'ACTIVE');
        await checkScores(engine, name);
        expect((await readRows(engine)).get(name)).toMatchObject({ samples: 3, scored: 3, message: null });
      } else if (step.becomes === 'UNSCORED') {
        await untilStatus(engine, engine.registry.byIdentity('CUSTOM', name)?.id ?? '', 'ERROR');
        expect((await readRows(engine)).get(name)).toMatchObject({ samples: 3, scored: 0 });
      }
    }
    await failpoints.disarm();
  });
});

const READ_TO = START + 3_600_000;

/** A source that tells of each metric what the test says; it has been read a second further with each reading. */
function createSource(answer: (metric: string) => readonly Point[]): Source {
  return {
    datasource: 'HOST',
    describe: (spec) => {
      const { metric } = spec as { metric: string };
      return {
        identity: metric,
        name: metric,
        description: metric,
        unit: null,
        server: 'local/Host/test',
        location: 'local',
        tagName: null,
        periodSeconds: 1,
        modelParams: {},
        resource: null,
      };
    },
    catalogue: () => [],
    polling: {
      settleSeconds: 0,
      maxBatch: 100,
      read: (requests) =>
        Promise.resolve(
          requests.map(({ metricId, spec, fromMs }) => ({
            metricId,
            samples: answer((spec as { metric: string }).metric),
            readToMs: fromMs === null ? READ_TO : fromMs + 1000,
          })),
        ),
    },
  };
}

/** Stores points of metrics that fail at each step of scoring what is stored, and lets them be scored. */
async function scoreStored(
  server: TestServer,
  protocol: string,
  how: {
    /** Stores the points while all is well. */
    readonly before: (names: readonly string[], points: readonly Point[]) => Promise<void>;
    /** What it takes for them to be scored. */
    readonly begin: (names: readonly string[]) => Promise<void>;
  },
): Promise<void> {
  const { engine } = server;
  const own = [
    STEPS.readUnscored,
    STEPS.restore,
    STEPS.score,
    STEPS.snapshot,
    STEPS.storeScores,
    { ...STEPS.progress, becomes: 'UNSCORED' },
    STEPS.checkpoint,
  ] as const;
  const failpoints = new Failpoints(engine);
  const names = nameAll(protocol, own);
  const points = names.flatMap((metric) =>
    fresh(metric, 0, stepOf(metric, own)?.becomes === 'UNSAVED' ? MANY : 3),
  );
  await how.before(names, points);
  await failpoints.arm();
  await how.begin(names);
  for (const name of names) {
    const id = engine.registry.byIdentity('CUSTOM', name)?.id ?? '';
    const step = stepOf(name, own);
    await until(async () => {
      const row = (await readRows(engine)).get(name);
      const isScored = step === undefined || step.becomes === 'UNSAVED';
      const samples = step?.becomes === 'UNSAVED' ? MANY : 3;
      expect(row).toMatchObject({
        samples,
        scored: isScored ? samples : 0,
        status: isScored ? 'ACTIVE' : 'ERROR',
      });
      if (step !== undefined) expect(row?.message).toContain(describeFailure(step));
      // Memory follows the commit.
      expect(engine.registry.byId(id)?.status).toBe(isScored ? 'ACTIVE' : 'ERROR');
    });
    if (step === undefined) await checkScores(engine, name);
  }
  await failpoints.disarm();
}

function findImportCode(step: Step | undefined): string | null {
  if (step === STEPS.create) return 'INTERNAL_SERVER_ERROR';
  return step?.becomes === 'REFUSED' ? 'METRIC_FAILED' : null;
}
