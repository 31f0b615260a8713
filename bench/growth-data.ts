/** Metrics and stored rows by the hundred thousand, made by SQL: through the API they would take hours. */
import pg from 'pg';
import { createDatabase } from '../src/platform/postgres/client.ts';
import { applyMigrations } from '../src/platform/postgres/migrate.ts';
import { createSampleMonths } from '../src/core/samples/month-partitions.ts';
import { createLog } from '../src/log.ts';

const INSERTED_AT_ONCE = 1_000_000;

/** Rows that came one by one would have been rolled up long ago: making bars of all of them is not what is measured. */
const FOLLOW_ALL = `INSERT INTO log_follower (name, epoch, position, floor)
  SELECT 'bars', epoch, last, floor FROM score_log
  ON CONFLICT (name) DO UPDATE SET position = EXCLUDED.position`;

export async function prepareDatabase(connection: string): Promise<void> {
  await applyMigrations({ connection, log: createLog('error') });
}

/** Metrics that are monitored, with a range, so that they are scored from their first point. @returns their names */
export async function makeMetrics(connection: string, count: number): Promise<readonly string[]> {
  await run(connection, async (client) => {
    await client.query(
      `WITH made AS (
         INSERT INTO metric (datasource, identity, name, description, server, location, period_seconds, status, model_params, spec)
         SELECT 'CUSTOM', 'grown.' || n, 'grown.' || n, '', '', '', 300, 'ACTIVE', '{"min": 0, "max": 100}',
           json_build_object('name', 'grown.' || n)
         FROM generate_series(0, $1::int - 1) AS n ORDER BY n RETURNING number)
       INSERT INTO metric_progress (metric_number) SELECT number FROM made`,
      [count],
    );
    await client.query('VACUUM ANALYZE metric, metric_progress');
  });
  return Array.from({ length: count }, (_, n) => `grown.${n}`);
}

/**
 * Stores rows, oldest first, until there are `upTo` in all: as scored, so that they stand in the indexes of keys and of
 * the log, but as none a model has to replay.
 */
export async function fillRows(
  connection: string,
  { metrics, upTo, before }: { readonly metrics: number; readonly upTo: number; readonly before: number },
): Promise<void> {
  const log = createLog('error');
  const database = createDatabase({ connection, log, use: 'lapwing bench' });
  // A row a second, all in the month of what is measured: one partition holds them all.
  await createSampleMonths(database.pool).ensure([before]);
  await database.stop();
  await run(connection, async (client) => {
    const { rows } = await client.query<{ last: string }>('SELECT last FROM score_log');
    for (let from = Number(rows[0]?.last); from < upTo; from += INSERTED_AT_ONCE) {
      const to = Math.min(from + INSERTED_AT_ONCE, upTo);
      await insertRows(client, { metrics, from, to, before });
    }
    await client.query(FOLLOW_ALL);
    await client.query('VACUUM ANALYZE sample');
    await client.query('CHECKPOINT');
  });
}

async function insertRows(
  client: pg.Client,
  { metrics, from, to, before }: { metrics: number; from: number; to: number; before: number },
): Promise<void> {
  await client.query(
    `INSERT INTO sample ("timestamp", value, metric_number, row_id, seq, score, expected, low, high, raw_score)
     SELECT to_timestamp($4::float8 / 1000) - interval '15 days' + (i / $1::int) * interval '1 second',
       50 + 20 * sin(i), (SELECT min(number) FROM metric) + i % $1::int, i / $1::int + 1, i + 1, 0, 50, 40, 60, 0
     FROM generate_series($2::bigint, $3::bigint - 1) AS i`,
    [metrics, from, to, before],
  );
  await client.query('UPDATE score_log SET last = greatest(last, $1)', [to]);
}

async function run(connection: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: connection });
  await client.connect();
  await work(client);
  await client.end();
}
