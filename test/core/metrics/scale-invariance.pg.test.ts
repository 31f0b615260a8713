/**
 * The unit a metric is told in does not matter: the same series in seconds, milliseconds or light years has the same
 * scores, whichever way it comes.
 */
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/app/build-core.ts';
import { createCollectorErrors } from '../../../src/core/polling/collector-errors.ts';
import { Poller } from '../../../src/core/polling/poller.ts';
import { createHostSource } from '../../../src/core/sources/host/host.ts';
import { RED_SCORE } from '../../../src/detector/likelihood.ts';
import { createLog } from '../../../src/log.ts';
import { WriteLock } from '../../../src/platform/runtime/write-lock.ts';
import { read } from '../../helpers/ask.ts';
import { withDatabase } from '../../helpers/database.ts';
import { startInfluxdbEndpoint } from '../../helpers/influxdb-endpoint.ts';
import { startEngine, untilStatus } from '../../helpers/start-engine.ts';
import { startServer } from '../../helpers/start-server.ts';
import { until } from '../../helpers/until.ts';
import { PROTOCOLS } from '../ingest/push-protocols.ts';
import { startAwsEngine } from '../sources/aws/start-aws-engine.ts';

/** Models learn for a day before a score is red. */
const PERIOD_MS = 300_000;
const START = Date.parse('2026-01-05T00:00:00Z');
const ROWS = 420;
const EXPONENTS = [0, -12, -9, -6, -3, 3, 9, 15, 23];

/** A latency in seconds of some milliseconds, which from row 380 on is three times as high. */
function valueAt(row: number): number {
  const noise = ((row * 7919) % 101) / 101 - 0.5;
  return 3.2e-3 * (1 + 0.05 * Math.sin(row / 20) + 0.1 * noise) * (row < 380 ? 1 : 3);
}

interface Score {
  readonly score: number;
  readonly episode: boolean;
}

async function readScores({ pool }: Engine, id: string): Promise<readonly Score[]> {
  const { rows } = await pool.query<Score>(
    `SELECT s.score, s.episode FROM sample s JOIN metric m ON m.number = s.metric_number
     WHERE m.id = $1 AND s.score IS NOT NULL ORDER BY s."timestamp"`,
    [id],
  );
  return rows;
}

/** The first is what the others are held against; values and 32-bit memories are rounded anew by a power of ten. */
async function expectSameScores(engine: Engine, ids: readonly string[], rows = ROWS): Promise<void> {
  const [expected = [], ...others] = await Promise.all(ids.map((id) => readScores(engine, id)));
  expect(expected).toHaveLength(rows);
  expect(expected.some(({ score, episode }, row) => row >= 380 && episode && score >= RED_SCORE)).toBe(true);
  for (const scores of others) {
    expect(scores.map(({ episode }) => episode)).toEqual(expected.map(({ episode }) => episode));
    scores.forEach(({ score }, row) => expect(score).toBeCloseTo(expected[row]?.score ?? -1, 4));
  }
}

describe('the scores of a series in other units', () => {
  it.each(PROTOCOLS)('are the same when it is pushed by $name', async ({ name, push }) => {
    await using server = await startServer({ settings: { LAPWING_GRAPHITE_PORT: '0' } });
    const { engine } = server;
    const names = EXPONENTS.map((exponent) => `${name}.e${exponent}`);
    const points = names.flatMap((metric, place) =>
      Array.from({ length: ROWS }, (_, row) => ({
        metric,
        timestampMs: START + row * PERIOD_MS,
        value: valueAt(row) * 10 ** (EXPONENTS[place] ?? 0),
      })),
    );
    await push(server, points);
    const ids: string[] = [];
    for (const metric of names) {
      const id = await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: metric } });
      await untilStatus(engine, id, 'ACTIVE');
      expect(engine.registry.byId(id)?.modelParams).toMatchObject({ boundsFrom: 'LEARNED' });
      ids.push(id);
    }
    await expectSameScores(engine, ids);
  });

  it('are the same when it is imported, with bounds another server learned', async () => {
    await using server = await startServer();
    const { engine } = server;
    const models = EXPONENTS.map((exponent) => {
      const scale = 10 ** exponent;
      return {
        datasource: 'custom',
        metricSpec: { name: `import.e${exponent}` },
        modelParams: { min: 2.8e-3 * scale, max: 3.6e-3 * scale, boundsFrom: 'LEARNED' },
        data: Array.from({ length: ROWS }, (_, row) => [
          valueAt(row) * scale,
          new Date(START + row * PERIOD_MS).toISOString(),
        ]),
      };
    });
    const { importModels } = await read<{ importModels: { results: { error: unknown }[] } }>(
      server,
      `mutation ($models: [JSON!]!) { importModels(input: { models: $models }) { results { error { message } } } }`,
      { models },
    );
    expect(importModels.results.map(({ error }) => error)).toEqual(models.map(() => null));
    const ids = EXPONENTS.map(
      (exponent) => engine.registry.byIdentity('CUSTOM', `import.e${exponent}`)?.id ?? '',
    );
    for (const id of ids) await untilStatus(engine, id, 'ACTIVE');
    await expectSameScores(engine, ids);
  });

  it('are the same when it is polled from CloudWatch, whatever range the catalogue expects', async () => {
    await using database = await withDatabase();
    const startMs = Math.floor((Date.now() - 86_400_000) / PERIOD_MS) * PERIOD_MS;
    const firstMs = startMs - ROWS * PERIOD_MS;
    const scaleOf = (dimension = '') => 10 ** Number(dimension.slice(1));
    const script = {
      valueAt: (
        series: { readonly dimensions: readonly { readonly value: string }[] },
        timestampMs: number,
      ) => {
        const row = (timestampMs - firstMs) / PERIOD_MS;
        return row < 0 || row >= ROWS ? null : valueAt(row) * scaleOf(series.dimensions[0]?.value);
      },
    };
    await using aws = await startAwsEngine(database, script, { startMs: startMs + 3 * PERIOD_MS });
    const ids: string[] = [];
    for (const exponent of EXPONENTS) {
      // Its bounds in the catalogue are 0 and 3 seconds.
      const dimensions = [{ name: 'LoadBalancerName', value: `e${exponent}` }];
      const spec = { region: 'us-west-2', namespace: 'AWS/ELB', metric: 'Latency', dimensions };
      ids.push(await aws.engine.monitor.monitorMetric({ datasource: 'CLOUDWATCH', spec }));
    }
    await aws.catchUp();
    expect(aws.engine.registry.byId(ids[0] ?? '')?.modelParams).toEqual({
      min: 0,
      max: 3,
      boundsFrom: 'SOURCE',
    });
    await expectSameScores(aws.engine, ids);
  });

  it('are the same when it is read from InfluxDB', async () => {
    const endMs = Math.floor(Date.now() / PERIOD_MS) * PERIOD_MS - PERIOD_MS;
    const all = Array.from({ length: ROWS }, (_, row) => ({
      timestampMs: endMs - (ROWS - row) * PERIOD_MS,
      value: valueAt(row),
    }));
    const answer = (query: string) => {
      if (!query.includes('aggregateWindow')) return '';
      const exponent = Number(/_field == "e(-?\d+)"/.exec(query)?.[1]);
      const [fromMs = NaN, toMs = NaN] = [...query.matchAll(/time\(v: "([^"]+)"\)/g)].map(([, time = '']) =>
        Date.parse(time),
      );
      const asked = all.filter(({ timestampMs }) => timestampMs >= fromMs && timestampMs < toMs);
      return [
        '#datatype,string,long,dateTime:RFC3339,double',
        '#group,false,false,false,false',
        '#default,_result,,,',
        ',result,table,_time,_value',
        ...asked.map(
          ({ timestampMs, value }) => `,,0,${new Date(timestampMs).toISOString()},${value * 10 ** exponent}`,
        ),
        '',
      ].join('\r\n');
    };
    await using influxdb = await startInfluxdbEndpoint({ answerQuery: answer });
    await using server = await startServer({
      settings: {
        LAPWING_INFLUXDB_URL: influxdb.url,
        LAPWING_INFLUXDB_ORG: 'acme',
        LAPWING_INFLUXDB_BUCKET: 'own',
        LAPWING_INFLUXDB_TOKEN: 'secret',
      },
    });
    const { engine } = server;
    const ids: string[] = [];
    for (const exponent of EXPONENTS) {
      const spec = { bucket: 'b', measurement: 'm', field: `e${exponent}`, periodSeconds: PERIOD_MS / 1000 };
      ids.push(await engine.monitor.monitorMetric({ datasource: 'INFLUXDB', spec }));
    }
    await until(() => {
      for (const id of ids)
        expect(engine.registry.byId(id)).toMatchObject({ status: 'ACTIVE', scoredRows: ROWS });
    });
    await expectSameScores(engine, ids);
  });

  it('are the same when it is measured on the host, whatever range is expected there', async () => {
    await using database = await withDatabase();
    const clock = { nowMs: START, elapsedMs: 0 };
    const scales = { in: 1, out: 1e-9, read: 1e6, written: 1e-6 };
    const totals = { ...scales };
    const source = await createHostSource({
      periodSeconds: PERIOD_MS / 1000,
      now: () => clock.nowMs,
      clockMs: () => clock.elapsedMs,
      probe: {
        readCpu: () => Promise.resolve(null),
        readMemoryPercent: () => Promise.resolve(null),
        readLoad: () => Promise.resolve(null),
        readDisk: () => Promise.resolve({ read: totals.read, written: totals.written }),
        readNetwork: () => Promise.resolve({ in: totals.in, out: totals.out }),
        takeLoopDelayMs: () => Promise.resolve(null),
        processors: 1,
        stop: () => undefined,
      },
    });
    await using engine = await startEngine(database, { sources: [source] });
    const { pool, registry, statusFeed, sources, accept, monitor, stats } = engine;
    const log = createLog('silent');
    const now = () => clock.nowMs;
    const collectorErrors = createCollectorErrors({
      pool,
      registry,
      writeLock: new WriteLock(),
      statusFeed,
      log,
      now,
    });
    const poll = new Poller({
      registry,
      sources,
      accept,
      collectorErrors,
      retry: (id) => monitor.retryMetric(id),
      stats,
      log,
      now,
    });
    const ids: string[] = [];
    for (const metric of ['NetworkIn', 'NetworkOut', 'DiskRead', 'DiskWrite']) {
      const spec = { metric: `${metric}BytesPerSecond` };
      ids.push(await monitor.monitorMetric({ datasource: 'HOST', spec }));
    }
    for (let row = 0; row < ROWS; row += 1) {
      clock.nowMs += PERIOD_MS;
      clock.elapsedMs += PERIOD_MS;
      for (const key of ['in', 'out', 'read', 'written'] as const)
        totals[key] += (PERIOD_MS / 1000) * valueAt(row) * scales[key];
      await poll.readDue();
    }
    await poll.stop();
    expect(registry.byId(ids[0] ?? '')?.modelParams).toEqual({
      min: 0,
      max: 10_000_000,
      boundsFrom: 'SOURCE',
    });
    await expectSameScores(engine, ids);
  });

  it('still pass over what a person says does not matter', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const model = { min: 0, max: 1 };
    const id = await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: 'ratio' }, model });
    await engine.accept.acceptNamed(
      Array.from({ length: ROWS }, (_, row) => ({
        metric: 'ratio',
        timestampMs: START + row * PERIOD_MS,
        value: valueAt(row),
      })),
    );
    expect(engine.registry.byId(id)?.modelParams).toEqual(model);
    const scores = await readScores(engine, id);
    expect(scores.some(({ score }) => score >= RED_SCORE)).toBe(false);
  });
});
