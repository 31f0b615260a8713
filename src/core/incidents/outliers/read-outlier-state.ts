/** What a check for outliers reads of the database: which metrics can be compared, and what is open. */
import type pg from 'pg';
import { SELECT_CANDIDATE, type Candidate } from '../../metric-lists/compare-groups.ts';
import type { Incident } from '../incident.ts';
import { SELECT_INCIDENT } from '../store-incidents.ts';

export async function readCandidates(
  pool: pg.Pool,
  numbers: readonly number[],
): Promise<readonly Candidate[]> {
  const { rows } = await pool.query<Candidate>(
    `${SELECT_CANDIDATE} WHERE m.number = ANY($1::int[]) ORDER BY m.name, m.number`,
    [numbers],
  );
  return rows;
}

/** Those of a rule, held until the transaction ends. */
export async function readOpenOutliers(client: pg.PoolClient, ruleId: string): Promise<readonly Incident[]> {
  const { rows } = await client.query<Incident>(
    `${SELECT_INCIDENT} WHERE open AND kind = 'OUTLIER' AND rule_id = $1 ORDER BY id FOR UPDATE`,
    [ruleId],
  );
  return rows;
}
