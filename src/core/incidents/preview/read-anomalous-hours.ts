/** Which metrics were anomalous when: what a rule is tried on need not be read but there. */
import type pg from 'pg';
import { BAR_MINUTES } from '../../bars/bar-window.ts';

const STATEMENT = `
  SELECT metric.number, array_agg((extract(epoch FROM bar.start) * 1000)::float8 ORDER BY bar.start)
  FROM metric JOIN bar ON bar.metric_number = metric.number
  WHERE bar.minutes = $1 AND bar.start >= to_timestamp($2::float8 / 1000) AND bar.start <= to_timestamp($3::float8 / 1000)
    AND (bar.score >= $4 OR ($5 AND bar.provisional_score >= $4))
  GROUP BY metric.number`;

/** By the metric's number, the starts of the hours in which its score reached `minScore`, oldest first. */
export async function readAnomalousHours(
  pool: Pick<pg.Pool, 'query'>,
  question: {
    readonly fromMs: number;
    readonly toMs: number;
    readonly minScore: number;
    /** Whether scores made while learning count. */
    readonly withProvisional: boolean;
  },
): Promise<ReadonlyMap<number, readonly number[]>> {
  const { fromMs, toMs, minScore, withProvisional } = question;
  const values = [BAR_MINUTES.DAYS, fromMs, toMs, minScore, withProvisional];
  const { rows } = await pool.query<[number, number[]]>({ text: STATEMENT, values, rowMode: 'array' });
  return new Map(rows);
}

/** The numbers of all metrics that are monitored. */
export async function readMonitoredNumbers(pool: Pick<pg.Pool, 'query'>): Promise<readonly number[]> {
  const { rows } = await pool.query<{ number: number }>(
    `SELECT number FROM metric WHERE status <> 'UNMONITORED'`,
  );
  return rows.map(({ number }) => number);
}
