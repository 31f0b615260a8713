/**
 * `npm run bench:correlations`: how long the anomaly rate and "what else was anomalous then" take beside 10,000 metrics
 * with bars of a day, one in twenty of them anomalous, over a PostgreSQL of its own. Held against what somebody who drags
 * a range over a chart waits for without noticing: 300 ms.
 *
 *   --metrics N   how many; 10,000 when left out
 */
import { parseArgs } from 'node:util';
import pg from 'pg';
import { readAnomalyCorrelations } from '../src/core/metric-lists/anomaly-correlations.ts';
import { coverRange, readAnomalyRate } from '../src/core/metric-lists/anomaly-rate.ts';
import { createSampleMonths } from '../src/core/samples/month-partitions.ts';
import { createLog } from '../src/log.ts';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { EVERY_METRIC } from '../test/core/metric-lists/every-metric.ts';
import { makeMetrics, prepareDatabase } from './growth-data.ts';
import { printLatency } from './measure.ts';

const ROUNDS = 30;
const LIMIT = { name: 'limit', values: [300] };
const HOUR_MS = 3_600_000;
const END_MS = Date.UTC(2026, 5, 2);
/** A day of bars of each width; every twentieth metric is red for half an hour at some time of it. */
const FILL = `
  INSERT INTO bar (metric_number, minutes, start, score, count)
  SELECT m.number, width.minutes, slot, CASE
      WHEN m.number % 20 = 0 AND abs(extract(epoch FROM to_timestamp($1) - slot) / 60 - (m.number * 7) % 1400) < 15
      THEN 0.999999 ELSE 0.3 END, 5
  FROM metric m, (VALUES (5), (60), (480)) AS width (minutes),
    generate_series(to_timestamp($1) - interval '1 day', to_timestamp($1), width.minutes * interval '1 minute') AS slot`;

const { values } = parseArgs({ options: { metrics: { type: 'string', default: '10000' } } });
const metrics = Number(values.metrics);
if (!(metrics >= 20)) throw new Error(`--metrics: expected 20 or more, got ${values.metrics}`);

async function measure(work: () => Promise<unknown>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const beganMs = performance.now();
    await work();
    times.push(performance.now() - beganMs);
  }
  return times;
}

await using database = await startTemporaryEmbedded({ log: createLog('error'), settings: {} });
const { connection } = database;
await prepareDatabase(connection);
await makeMetrics(connection, metrics);
const pool = new pg.Pool({ connectionString: connection, max: 2 });
try {
  await createSampleMonths(pool).ensure([END_MS - 24 * HOUR_MS, END_MS]);
  await pool.query(FILL, [END_MS / 1000]);
  await pool.query('ANALYZE bar; ANALYZE metric');
  const { rows } = await pool.query<{ number: number }>(
    'SELECT min(number) AS number FROM metric WHERE number % 20 = 0',
  );
  const reference = rows[0]?.number ?? 0;
  for (const hours of [1, 3, 24]) {
    const range = coverRange(END_MS - hours * HOUR_MS, END_MS);
    const question = { selection: EVERY_METRIC, range, reference };
    printLatency(
      `anomaly rate, ${hours} h, ${metrics} metrics`,
      await measure(() => readAnomalyRate(pool, EVERY_METRIC, range)),
      LIMIT,
    );
    printLatency(
      `anomaly correlations, ${hours} h, ${metrics} metrics`,
      await measure(() => readAnomalyCorrelations(pool, question)),
      LIMIT,
    );
  }
} finally {
  await pool.end();
}
