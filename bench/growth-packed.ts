/** What points, reads and a start cost beside more packed samples. */
import type pg from 'pg';
import { createSampleMonths } from '../src/core/samples/month-partitions.ts';
import { emptyColumns, PRESENT, type SampleColumns } from '../src/core/samples/packed/sample-columns.ts';
import { insertBlocks, makeBlock } from '../src/core/samples/packed/write-blocks.ts';
import { readSamples } from '../src/core/samples/read-samples.ts';
import { readSeries } from '../src/core/samples/read-series.ts';
import { createLog } from '../src/log.ts';
import { createDatabase } from '../src/platform/postgres/client.ts';
import { inTransaction } from '../src/platform/postgres/transaction.ts';

/** As the packer makes them for so many metrics. */
const WINDOW = 2 ** 18;
const STEP_MS = 30_000;
const READS = 25;
/** As many each metric has beside the fewest. */
const CHART_SAMPLES = 400;
const CHART_POINTS = 100;
const PAGE_SAMPLES = 300;
/** 10⁸ samples of 2,000 metrics are 17 days: before the points that are pushed, in one month. */
const PACKED_START_MS = Date.parse('2026-03-01T00:00:00Z');

/** So that the same offset has the same value, and few values are whole. */
const VALUES = Float64Array.from({ length: 4096 }, (_, place) => {
  const noise = ((place * 7919) % 997) / 100;
  return Math.round((50 + 20 * Math.sin(place / 30) + noise) * 100) / 100;
});

/**
 * Stores blocks as if the samples before them had been pushed and packed: made and inserted here, because scoring 10⁸
 * points takes an hour.
 * @param upTo how many offsets the log has then
 */
export async function fillBlocks(
  connection: string,
  { metrics, upTo }: { readonly metrics: number; readonly upTo: number },
): Promise<void> {
  const { pool, stop } = createDatabase({ connection, log: createLog('error'), use: 'lapwing bench' });
  await createSampleMonths(pool).ensure([PACKED_START_MS]);
  const { rows } = await pool.query<{ last: number; number: number }>(
    `SELECT last::float8 AS last, (SELECT min(number) FROM metric) AS number FROM score_log`,
  );
  const [{ last, number } = { last: 0, number: 1 }] = rows;
  for (let first = last + 1; first <= upTo; first += WINDOW) {
    const window = { first, last: Math.min(upTo, first + WINDOW - 1) };
    await inTransaction(pool, (client) => fillWindow(client, window, { metrics, number }));
  }
  await pool.query('VACUUM ANALYZE sample_block');
  await pool.query('CHECKPOINT');
  await stop();
}

async function fillWindow(
  client: pg.PoolClient,
  { first, last }: { readonly first: number; readonly last: number },
  { metrics, number }: { readonly metrics: number; readonly number: number },
): Promise<void> {
  await client.query(
    `INSERT INTO log_window (first, last, is_complete)
     SELECT coalesce(max(last), 0) + 1, $1, true FROM log_window`,
    [last],
  );
  const { rows } = await client.query<{ first: number }>(
    'SELECT max(first)::float8 AS first FROM log_window',
  );
  const blocks = Array.from({ length: metrics }, (_, place) =>
    makeBlock(makeColumns(number + place, first + place, { last, metrics }), rows[0]?.first ?? first),
  );
  await insertBlocks(
    client,
    blocks.filter(({ count }) => count > 0),
  );
  await client.query('UPDATE score_log SET last = $1', [last]);
  await client.query(`UPDATE log_follower SET position = $1 WHERE name = 'bars'`, [last]);
}

/** One sample of the metric each time that all others have had one. */
function makeColumns(
  metricNumber: number,
  firstSeq: number,
  { last, metrics }: { readonly last: number; readonly metrics: number },
): SampleColumns {
  const columns = emptyColumns(metricNumber, Math.max(0, Math.ceil((last - firstSeq + 1) / metrics)));
  for (let index = 0; index < columns.count; index++) {
    const seq = firstSeq + index * metrics;
    const row = Math.floor(seq / metrics);
    columns.timestampsMs[index] = PACKED_START_MS + row * STEP_MS;
    columns.rowIds[index] = row + 1;
    columns.values[index] = VALUES[(row + metricNumber * 31) % VALUES.length] ?? 0;
    columns.present[index] =
      PRESENT.seq + PRESENT.score + PRESENT.expected + PRESENT.low + PRESENT.high + PRESENT.rawScore;
    columns.seqs[index] = seq;
    columns.expected[index] = 50 + (row % 37) / 4;
    columns.lows[index] = 30 + (row % 29) / 4;
    columns.highs[index] = 90 + (row % 31) / 4;
  }
  return columns;
}

/** Medians, in milliseconds. */
export interface ReadTimes {
  readonly chart: number;
  readonly page: number;
}

/** Of metrics that take turns, of the same samples whatever stands behind them, so that what is read was not read just now. */
export async function timeReads(connection: string, metrics: number): Promise<ReadTimes> {
  const { pool, stop } = createDatabase({ connection, log: createLog('error'), use: 'lapwing bench' });
  const { rows } = await pool.query<{ number: number }>('SELECT number FROM metric ORDER BY number');
  const numbers = rows.map(({ number }) => number);
  const at = (read: number) => numbers[(read * 37) % metrics] ?? 0;
  const toMs = PACKED_START_MS + CHART_SAMPLES * STEP_MS;
  const chart = await timeEach(async (read) => {
    const range = { fromMs: null, toMs, maxPoints: CHART_POINTS, anomalyScore: 0.9999 };
    await readSeries(pool, [at(read)], range);
  });
  const window = { fromMs: null, toMs, afterMs: null, beforeMs: null, minScore: null, descending: true };
  const page = await timeEach(async (read) => {
    await readSamples(pool, [at(read)], { ...window, limit: PAGE_SAMPLES });
  });
  await stop();
  return { chart, page };
}

async function timeEach(work: (read: number) => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let read = 0; read < READS; read++) {
    const fromMs = performance.now();
    await work(read);
    times.push(performance.now() - fromMs);
  }
  return times.sort((a, b) => a - b)[Math.floor(READS / 2)] ?? 0;
}
