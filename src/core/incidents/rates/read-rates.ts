/** What is open of the rules that ask for an anomaly rate. */
import type pg from 'pg';
import type { Incident } from '../incident.ts';
import { SELECT_INCIDENT } from '../store-incidents.ts';

/** The incidents of single metrics that fire, by rule. */
export async function readFiringByRule(
  pool: Pick<pg.Pool, 'query'>,
  ruleIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Incident[]>> {
  const { rows } = await pool.query<Incident>(
    `${SELECT_INCIDENT} WHERE open AND kind = 'ANOMALY' AND state = 'FIRING' AND rule_id = ANY($1::uuid[])`,
    [ruleIds],
  );
  const byRule = new Map<string, Incident[]>(ruleIds.map((id) => [id, []]));
  for (const incident of rows) byRule.get(incident.ruleId ?? '')?.push(incident);
  return byRule;
}

/** The rules that have an open incident of a group. */
export async function readRulesWithOpenGroups(
  pool: Pick<pg.Pool, 'query'>,
  ruleIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ rule_id: string }>(
    `SELECT DISTINCT rule_id FROM incident WHERE open AND kind = 'ANOMALY_RATE' AND rule_id = ANY($1::uuid[])`,
    [ruleIds],
  );
  return new Set(rows.map(({ rule_id: id }) => id));
}

/** The open incidents of the groups of a rule, held until the transaction ends. */
export async function readOpenGroups(client: pg.PoolClient, ruleId: string): Promise<readonly Incident[]> {
  const { rows } = await client.query<Incident>(
    `${SELECT_INCIDENT} WHERE open AND kind = 'ANOMALY_RATE' AND rule_id = $1 ORDER BY id FOR UPDATE`,
    [ruleId],
  );
  return rows;
}

/** When a rule last notified of each of its groups, in milliseconds, by the group's key. */
export async function readGroupsNotified(
  client: pg.PoolClient,
  ruleId: string,
  groupKeys: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ group_key: string; notified_ms: number }>(
    `SELECT group_key, (extract(epoch FROM max(notified_at)) * 1000)::float8 AS notified_ms FROM incident
     WHERE rule_id = $1 AND group_key = ANY($2::text[]) AND notified_at IS NOT NULL GROUP BY group_key`,
    [ruleId, groupKeys],
  );
  return new Map(rows.map((row) => [row.group_key, row.notified_ms]));
}
