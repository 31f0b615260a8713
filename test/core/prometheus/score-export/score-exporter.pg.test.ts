/** Scores that are written to another server, through crashes of this one. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ScoreExporter } from '../../../../src/core/prometheus/score-export/score-exporter.ts';
import { createWriteTarget } from '../../../../src/core/prometheus/score-export/write-target.ts';
import { createLog } from '../../../../src/log.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { type TestDatabase, withDatabase } from '../../../helpers/database.ts';
import { startEngine, type TestEngine } from '../../../helpers/start-engine.ts';
import { until } from '../../../helpers/until.ts';
import { listValues, startWriteReceiver, type WriteReceiver } from './write-receiver.ts';

const START_MS = Date.UTC(2026, 0, 5);
let database: TestDatabase;
let engine: TestEngine;
/** Of the next row that is pushed. */
let row = 0;

beforeAll(async () => {
  database = await withDatabase();
  engine = await startEngine(database);
  for (const host of ['a', 'b']) await monitor(`cpu;host=${host}`);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

async function monitor(name: string): Promise<void> {
  await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model: { min: 0, max: 100 } });
}

async function push(count: number, names: readonly string[] = ['cpu;host=a', 'cpu;host=b']): Promise<void> {
  const points = Array.from({ length: count }, (_, index) => row + index).flatMap((own) =>
    names.map((metric) => ({ metric, timestampMs: START_MS + own * 1000, value: own % 7 })),
  );
  row += count;
  await engine.accept.acceptNamed(points);
}

function createExporter(receiver: WriteReceiver, stats = createStats()) {
  return new ScoreExporter({
    pool: database.pool,
    live: engine.live,
    target: createWriteTarget({ url: receiver.url, version: '1' }),
    stats,
    log: createLog('silent'),
    lingerMs: 1,
  });
}

/** What the database has from an offset on, as the receiver is to have it. */
async function readStored(after: number): Promise<ReadonlyMap<string, number>> {
  const { rows } = await database.pool.query<Record<'name' | 'host', string> & Record<string, number>>(
    `SELECT substring(m.name from '^[^;]+') AS name, substring(m.name from 'host=(.)') AS host,
       (extract(epoch FROM s."timestamp") * 1000)::float8 AS ms, s.value, s.score, s.expected, s.low, s.high
     FROM sample s JOIN metric m ON m.number = s.metric_number WHERE s.seq > $1`,
    [after],
  );
  const columns = [
    ['lapwing_anomaly_score', 'score'],
    ['lapwing_expected', 'expected'],
    ['lapwing_expected_high', 'high'],
    ['lapwing_expected_low', 'low'],
    ['lapwing_value', 'value'],
  ] as const;
  return new Map(
    rows.flatMap((sample) =>
      columns.map(([series, column]) => {
        const labels = `host=${sample.host};metric=${sample.name};resource=${sample.host};source=custom`;
        return [`${series};${labels} ${sample.ms}`, sample[column] ?? NaN] as const;
      }),
    ),
  );
}

async function untilDelivered(): Promise<void> {
  await until(async () => {
    const { rows } = await database.pool.query<{ offset: number }>(
      `SELECT position::float8 AS offset FROM log_follower WHERE name = 'remote_write'`,
    );
    expect(rows[0]?.offset).toBe(engine.live.bounds().last);
  });
}

it('writes every score from its first start on, through answers that are lost and a server that is away', async () => {
  await push(5);
  const first = engine.live.bounds().last;
  await using receiver = await startWriteReceiver((_request, count) => {
    if (count === 1) return { status: 503, headers: { 'retry-after': '0' } };
    return { status: 204, isLost: count === 2 };
  });
  const stats = createStats();
  const exporter = createExporter(receiver, stats);
  exporter.start();
  await untilDelivered();
  expect(receiver.requests).toEqual([]);
  await push(600);
  await push(600);
  await untilDelivered();
  await exporter.stop();
  expect(new Map([...listValues(receiver.taken)].toSorted())).toEqual(
    new Map([...(await readStored(first))].toSorted()),
  );
  expect(stats.read('remote_write_samples_sent')).toBe(5 * 2 * 1200);
  expect(stats.read('remote_write_samples_refused')).toBe(0);
  expect(stats.read('remote_write_lag')).toBe(0);
});

it('repeats after a crash the request that was not answered, as it was, and goes on behind it', async () => {
  const before = engine.live.bounds().last;
  await using receiver = await startWriteReceiver((_request, count) => ({
    status: 204,
    isLost: count === 1,
  }));
  const crashed = createExporter(receiver);
  crashed.start();
  const arrived = receiver.nextRequest();
  await push(20);
  await arrived;
  await crashed.stop();
  // What comes meanwhile is of the next request: one with both would be refused by what has the first.
  await push(30);
  const next = createExporter(receiver);
  next.start();
  await untilDelivered();
  await next.stop();
  expect(receiver.requests[1]?.body).toEqual(receiver.requests[0]?.body);
  expect(listValues(receiver.requests.slice(2)).size).toBeGreaterThan(0);
  expect(new Map([...listValues(receiver.taken)].toSorted())).toEqual(
    new Map([...(await readStored(before))].toSorted()),
  );
});

it('leaves out what was written from here and came back', async () => {
  await using receiver = await startWriteReceiver();
  await monitor('lapwing_value;host=a;metric=cpu');
  const exporter = createExporter(receiver);
  exporter.start();
  await push(3, ['lapwing_value;host=a;metric=cpu', 'cpu;host=a']);
  await untilDelivered();
  await exporter.stop();
  const names = [...listValues(receiver.taken).keys()];
  expect(names).toHaveLength(5 * 3);
  expect(names.every((name) => name.includes(';host=a;metric=cpu;resource=a;'))).toBe(true);
});

it('begins anew at the end of another log', async () => {
  await using receiver = await startWriteReceiver();
  await database.pool.query(
    `UPDATE log_follower SET epoch = 'another', position = 1 WHERE name LIKE 'remote_write%'`,
  );
  const exporter = createExporter(receiver);
  exporter.start();
  await untilDelivered();
  expect(receiver.requests).toEqual([]);
  await push(2);
  await untilDelivered();
  await exporter.stop();
  expect(listValues(receiver.taken).size).toBe(5 * 2 * 2);
});
