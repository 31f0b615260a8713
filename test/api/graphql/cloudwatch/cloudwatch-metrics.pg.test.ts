import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../../src/errors.ts';
import { startAwsEngine } from '../../../core/sources/aws/start-aws-engine.ts';
import { EXPIRED, type Fault } from '../../../core/sources/aws/script.ts';
import { withDatabase } from '../../../helpers/database.ts';
import { untilStatus } from '../../../helpers/start-engine.ts';

const PERIOD_MS = 300_000;
/** In the past: no point may lie ahead of the real clock. */
const START = Math.floor(Date.now() / PERIOD_MS) * PERIOD_MS - 3 * 86_400_000;
const CPU = {
  region: 'us-west-2',
  namespace: 'AWS/EC2',
  metric: 'CPUUtilization',
  dimensions: [{ name: 'InstanceId', value: 'i-0123' }],
};
function valueAt(_: unknown, timestampMs: number): number {
  return 40 + 20 * Math.sin(timestampMs / 13_000_000) + ((timestampMs / PERIOD_MS) % 7);
}

async function countSamples(database: { pool: { query: (sql: string) => Promise<{ rows: unknown[] }> } }) {
  const { rows } = await database.pool.query(
    `SELECT count(*)::int AS samples, count(score)::int AS scored, count(DISTINCT "timestamp")::int AS times,
       (extract(epoch FROM max("timestamp")) * 1000)::float8 AS newest FROM sample`,
  );
  return rows[0] as { samples: number; scored: number; times: number; newest: number };
}

describe('a CloudWatch metric that is monitored', () => {
  it('is ACTIVE at once, gets its 14 days scored, and then each new period (row 40)', async () => {
    await using database = await withDatabase();
    await using aws = await startAwsEngine(database, { valueAt }, { startMs: START });
    const { engine, clock } = aws;
    const id = await engine.monitor.monitorMetric({ datasource: 'CLOUDWATCH', spec: CPU });
    expect(engine.registry.byId(id)?.status).toBe('ACTIVE');
    await aws.catchUp();
    const history = await countSamples(database);
    expect(history).toMatchObject({ samples: 14 * 288 - 2, scored: 14 * 288 - 2 });
    expect(history.newest).toBe(START - 2 * PERIOD_MS - PERIOD_MS);
    const events = engine.live.subscribe({
      filter: { metricIds: [id] },
      after: engine.live.head(),
      maxBatch: 10,
      lingerMs: 0,
    });
    clock.nowMs += PERIOD_MS;
    await aws.catchUp();
    const event = await events.next();
    expect(event.value).toMatchObject({
      scores: [{ timestampMs: START - 2 * PERIOD_MS, score: expect.any(Number) as number }],
    });
    await events.return?.();
    expect(await countSamples(database)).toMatchObject({ samples: 14 * 288 - 1, times: 14 * 288 - 1 });
  });

  it.each([
    ['as HTM-IT took it', {}],
    ['as HTM-IT exported it', { type: 'metric' }],
    ['with bounds', { min: 0, max: 50 }],
  ])('is read from the flat form, %s', async (_, extra) => {
    await using database = await withDatabase();
    await using aws = await startAwsEngine(database, { valueAt }, { startMs: START });
    const { engine } = aws;
    const flat = { datasource: 'cloudwatch', ...CPU, dimensions: { InstanceId: 'i-0123' }, ...extra };
    const { metricId } = await engine.transfer.importModel(flat);
    expect(engine.registry.byId(metricId)).toMatchObject({
      name: 'AWS/EC2/CPUUtilization',
      server: 'us-west-2/AWS/EC2/i-0123',
      modelParams: { min: 0, max: 'max' in extra ? 50 : 100 },
    });
  });

  it('keeps its samples when it is no longer monitored', async () => {
    await using database = await withDatabase();
    await using aws = await startAwsEngine(database, { valueAt }, { startMs: START, historyDays: 1 });
    const { engine } = aws;
    const id = await engine.monitor.monitorMetric({ datasource: 'CLOUDWATCH', spec: CPU });
    await aws.catchUp();
    await engine.monitor.unmonitorMetric(id);
    expect(engine.registry.byId(id)?.status).toBe('UNMONITORED');
    expect(await countSamples(database)).toMatchObject({ samples: 286, scored: 0 });
  });

  it('is refused with one bound, with a bad region, and makes nothing then (row 56)', async () => {
    await using database = await withDatabase();
    await using aws = await startAwsEngine(database, { valueAt }, { startMs: START });
    const { monitor, registry } = aws.engine;
    const monitoring = (spec: unknown, model = {}) =>
      monitor.monitorMetric({ datasource: 'CLOUDWATCH', spec, model });
    await expect(monitoring(CPU, { min: 1 })).rejects.toThrow(InvalidInputError);
    await expect(monitoring({ ...CPU, region: 'mars-1' })).rejects.toThrow('mars-1');
    await expect(monitoring({ ...CPU, dimensions: [] })).rejects.toThrow('dimensions');
    expect(registry.size).toBe(0);
  });

  it('has three hours before it is in ERROR, says why, and works again by itself (row 70)', async () => {
    await using database = await withDatabase();
    let fault: Fault | null = EXPIRED;
    await using aws = await startAwsEngine(
      database,
      { valueAt, nextFault: () => fault },
      { startMs: START, historyDays: 1 },
    );
    const { engine, clock, poll } = aws;
    const id = await engine.monitor.monitorMetric({ datasource: 'CLOUDWATCH', spec: CPU });
    const row = () => database.prisma.metric.findUniqueOrThrow({ where: { id } });
    await poll.readDue();
    expect(await row()).toMatchObject({
      status: 'ACTIVE',
      collectorError: { message: expect.stringContaining('expired') as string },
    });
    for (let minutes = 0; minutes < 200; minutes += 10) {
      clock.nowMs += 600_000;
      await poll.readDue();
    }
    expect(await row()).toMatchObject({ status: 'ERROR', collectorError: null });
    expect((await row()).message).toContain('renew');
    fault = null;
    // Tries come after 10 minutes, 20, 40, …
    for (let minutes = 0; minutes < 60 && engine.registry.byId(id)?.status === 'ERROR'; minutes += 10) {
      clock.nowMs += 600_000;
      await poll.readDue();
    }
    await untilStatus(engine, id, 'ACTIVE');
    await aws.catchUp();
    const { samples, scored, times } = await countSamples(database);
    expect([scored, times]).toEqual([samples, samples]);
    expect(await row()).toMatchObject({ message: null });
  });
});
