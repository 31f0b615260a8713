import { once } from 'node:events';
import { connect } from 'node:net';
import type { Pool } from 'pg';
import { describe, expect, it } from 'vitest';
import { createGraphiteListener } from '../../../../src/core/ingest/graphite/listener.ts';
import { createLog } from '../../../../src/log.ts';
import { createDeferred } from '../../../helpers/deferred.ts';
import { withDatabase } from '../../../helpers/database.ts';
import { lockSamples } from '../../../helpers/lock-samples.ts';
import { type TestEngine, startEngine } from '../../../helpers/start-engine.ts';
import { until } from '../../../helpers/until.ts';

const START_SECONDS = Date.parse('2026-01-05T00:00:00Z') / 1000;
const METRICS = 100;
const ROWS = 100;

/** A hundred rows of a hundred metrics, in time order; every tenth metric is monitored. */
const lines = Array.from({ length: ROWS }, (_, row) =>
  Array.from({ length: METRICS }, (_, metric) => `shop.${metric} ${row} ${START_SECONDS + row * 60}\n`),
).flat();

/** Sends each text over a connection of its own and waits until the engine has answered for so many points. */
async function send(engine: TestEngine, texts: readonly string[], count: number): Promise<void> {
  const answered = createDeferred<undefined>();
  let left = count;
  const listener = createGraphiteListener({
    host: '127.0.0.1',
    port: 0,
    log: createLog('silent'),
    stats: engine.stats,
    firstPauseMs: 1,
    accept: async (points) => {
      const result = await engine.accept.acceptNamed(points);
      left -= points.length;
      if (left === 0) answered.resolve(undefined);
      return result;
    },
  });
  const { port } = await listener.start();
  for (const text of texts) {
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    client.end(text);
  }
  await answered.promise;
  await listener.stop();
}

/** Per metric: its values in row order, its row ids, and how many of its rows are scored. */
async function readMetrics(pool: Pool) {
  const { rows } = await pool.query<{ values: number[]; rowIds: number[]; scored: number; seen: string }>(
    `SELECT array_agg(s.value ORDER BY s.row_id) AS values, array_agg(s.row_id ORDER BY s."timestamp") AS "rowIds",
       count(s.score)::int AS scored, md5(string_agg(s::text, ';' ORDER BY s.row_id)) AS seen
     FROM sample s JOIN metric m ON m.number = s.metric_number GROUP BY m.name ORDER BY m.name`,
  );
  return rows;
}

describe('Graphite lines in the real data path', () => {
  it('arrive once, in order, scored where monitored; sent again they are duplicates and change nothing', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    for (let metric = 0; metric < METRICS; metric += 10) {
      const spec = { name: `shop.${metric}` };
      await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec, model: { min: 0, max: 200 } });
    }
    await send(engine, [lines.join('')], lines.length);
    const stored = await readMetrics(database.pool);
    expect(stored).toHaveLength(METRICS);
    for (const { values, rowIds } of stored) {
      expect(values).toEqual(Array.from({ length: ROWS }, (_, row) => row));
      expect(rowIds).toEqual(Array.from({ length: ROWS }, (_, row) => row + 1));
    }
    expect(stored.filter(({ scored }) => scored === ROWS)).toHaveLength(METRICS / 10);
    expect(engine.stats.read('points_accepted')).toBe(lines.length);

    await send(engine, [lines.join('')], lines.length);
    expect(engine.stats.read('points_duplicate')).toBe(lines.length);
    expect(await readMetrics(database.pool)).toEqual(stored);
  });

  it.each([
    ['one connection (row 6)', 1],
    ['three connections (row 7)', 3],
  ])('of one metric are in the order of their times, over %s', async (_, connections) => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const spec = { name: 'a' };
    const id = await engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec,
      model: { min: 0, max: 100 },
    });
    const three = ['a 5 1386201600\n', 'a 6 1386288000\n', 'a 7 1386374400\n'];
    if (connections === 1) await send(engine, [three.join('')], 3);
    else for (const line of three) await send(engine, [line], 1);
    const metric = await database.prisma.metric.findUniqueOrThrow({ where: { id } });
    const samples = await database.prisma.sample.findMany({
      where: { metricNumber: metric.number },
      orderBy: { timestamp: 'desc' },
    });
    expect(samples.map(({ timestamp, value, score, rowId }) => [timestamp, value, score, rowId])).toEqual([
      [new Date('2013-12-07T00:00:00Z'), 7, 0, 3],
      [new Date('2013-12-06T00:00:00Z'), 6, 0, 2],
      [new Date('2013-12-05T00:00:00Z'), 5, 0, 1],
    ]);
  });

  it('keep their times: nothing is moved to a grid (row 8)', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const times = [START_SECONDS, START_SECONDS + 299, START_SECONDS + 599];
    await send(engine, [times.map((time) => `a 1 ${time}\n`).join('')], times.length);
    const samples = await database.prisma.sample.findMany({ orderBy: { timestamp: 'asc' } });
    expect(samples.map(({ timestamp }) => timestamp.getTime() / 1000)).toEqual(times);
  });

  it('all arrive though the queue is too small for what ten senders send at once', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database, { settings: { LAPWING_INGEST_QUEUE_POINTS: '1000' } });
    const senders = Array.from({ length: 10 }, (_, sender) =>
      Array.from({ length: 3000 }, (_, row) => `sender.${sender} ${row} ${START_SECONDS + row}\n`).join(''),
    );
    // Nothing is stored before the queue was full once.
    await using lock = await lockSamples(database);
    const sent = send(engine, senders, 30_000);
    await until(() => expect(engine.stats.read('retry_later')).toBeGreaterThan(0));
    await lock.release();
    await sent;
    const stored = await readMetrics(database.pool);
    expect(stored.map(({ rowIds }) => rowIds.length)).toEqual(senders.map(() => 3000));
    for (const { values } of stored) expect(values).toEqual(Array.from({ length: 3000 }, (_, row) => row));
    expect(engine.stats.read('graphite_points_lost')).toBe(0);
  });

  it('cost only themselves when the data path refuses them', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const text = `good 1 ${START_SECONDS}\nbad\u0001name 1 ${START_SECONDS}\nold 1 -5\nfar 1 9999999999\ngood 2 -1\n`;
    await send(engine, [text], 5);
    expect((await readMetrics(database.pool)).map(({ values }) => values)).toEqual([[1, 2]]);
    expect(engine.stats.read('points_rejected')).toBe(3);
  });
});
