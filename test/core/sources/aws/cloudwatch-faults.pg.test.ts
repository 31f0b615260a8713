import { describe, expect, it } from 'vitest';
import { startAwsEngine } from './start-aws-engine.ts';
import { BROKEN, EXPIRED, THROTTLED, type Fault } from './script.ts';
import { withDatabase } from '../../../helpers/database.ts';

const PERIOD_MS = 300_000;
/** At an even period: which values come late does not depend on when the test is run. */
const START = Math.floor(Date.now() / (2 * PERIOD_MS)) * (2 * PERIOD_MS) - 2 * 86_400_000;
const METRICS = 20;
const HOUR_OF_PERIODS = 12;
/** After throttling the SDK takes its time with each call, in earnest: few of them are made. */
const LOOKS_PER_PERIOD = 2;

/** Every second value is there only a period later than it should be. */
const comesLate = (timestampMs: number) => (timestampMs / PERIOD_MS) % 2 === 0;

describe('an hour of faults', () => {
  it.each<[string, Fault]>([
    ['throttling', THROTTLED],
    ['expired credentials', EXPIRED],
    ['InternalFailure', BROKEN],
    ['half pages', 'half page'],
    ['broken connections', 'broken connection'],
  ])('of %s leaves no sample out, doubles none, and no metric stuck', async (_, fault) => {
    await using database = await withDatabase();
    let isBroken = false;
    let nowMs = START;
    let calls = 0;
    await using aws = await startAwsEngine(
      database,
      {
        valueAt: (_series, timestampMs) => {
          const settledMs = timestampMs + PERIOD_MS + 360_000 + (comesLate(timestampMs) ? PERIOD_MS : 0);
          return settledMs <= nowMs ? 10 + ((timestampMs / PERIOD_MS) % 11) : null;
        },
        pagePoints: 50,
        shuffled: true,
        // A quarter of the calls gets through even in the worst hour, as it does in life.
        nextFault: () => (isBroken && calls++ % 4 !== 0 ? fault : null),
      },
      { startMs: START, historyDays: 1 },
    );
    const { engine, clock, poll } = aws;
    const ids: string[] = [];
    for (let index = 0; index < METRICS; index += 1) {
      const dimensions = { InstanceId: `i-${(index + 1).toString(16).padStart(4, '0')}` };
      const spec = { region: 'us-west-2', namespace: 'AWS/EC2', metric: 'CPUUtilization', dimensions };
      ids.push(await engine.monitor.monitorMetric({ datasource: 'CLOUDWATCH', spec }));
    }
    await aws.catchUp();
    const pass = async (periods: number) => {
      // Looked at now and then, as the poller would each second.
      for (let look = 0; look < periods * LOOKS_PER_PERIOD; look += 1) {
        clock.nowMs += PERIOD_MS / LOOKS_PER_PERIOD;
        nowMs = clock.nowMs;
        await poll.readDue();
      }
    };
    isBroken = true;
    await pass(HOUR_OF_PERIODS);
    expect(calls).toBeGreaterThan(3);
    isBroken = false;
    await pass(3);
    const { rows } = await database.pool.query<{
      samples: number;
      times: number;
      rows: number;
      newest: number;
    }>(
      `SELECT count(*)::int AS samples, count(DISTINCT "timestamp")::int AS times, max(row_id)::int AS rows,
         (extract(epoch FROM max("timestamp")) * 1000)::float8 AS newest FROM sample GROUP BY metric_number`,
    );
    expect(rows).toHaveLength(METRICS);
    const firstMs = START - 86_400_000;
    for (const row of rows) {
      const periods = (row.newest - firstMs) / PERIOD_MS + 1;
      expect(row).toMatchObject({ samples: periods, times: periods, rows: periods });
      // The newest may be one that came late.
      expect(clock.nowMs - row.newest).toBeLessThanOrEqual(4 * PERIOD_MS);
    }
    for (const id of ids)
      expect(engine.registry.byId(id)).toMatchObject({ status: 'ACTIVE', collectorErrorDeadlineMs: null });
  });
});

describe('two hours in which CloudWatch has no new values', () => {
  it('leave no gap once it has them', async () => {
    await using database = await withDatabase();
    const silentMs = START + 10 * PERIOD_MS;
    const backMs = silentMs + 2 * HOUR_OF_PERIODS * PERIOD_MS;
    let nowMs = START;
    const script = {
      valueAt: (_series: unknown, timestampMs: number) =>
        timestampMs + PERIOD_MS > (nowMs < backMs ? silentMs : nowMs) ? null : timestampMs / PERIOD_MS,
    };
    await using aws = await startAwsEngine(database, script, { startMs: START, historyDays: 1 });
    const { clock, engine, poll } = aws;
    const spec = { region: 'us-west-2', namespace: 'Shop', metric: 'orders', dimensions: [] };
    await engine.monitor.monitorMetric({ datasource: 'CLOUDWATCH', spec });
    await aws.catchUp();
    while (clock.nowMs < backMs + 3 * PERIOD_MS) {
      clock.nowMs += PERIOD_MS;
      nowMs = clock.nowMs;
      await poll.readDue();
    }
    const { rows } = await database.pool.query<{ samples: number; newest: number }>(
      `SELECT count(*)::int AS samples, (extract(epoch FROM max("timestamp")) * 1000)::float8 AS newest FROM sample`,
    );
    const newestMs = rows[0]?.newest ?? 0;
    expect(newestMs).toBeGreaterThanOrEqual(backMs);
    expect(rows[0]?.samples).toBe((newestMs - (START - 86_400_000)) / PERIOD_MS + 1);
  });
});
