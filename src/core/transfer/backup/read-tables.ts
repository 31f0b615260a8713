/** What tables a database has: read from PostgreSQL's catalogue, so that a new table is in a backup without a word. */
import type pg from 'pg';
import { BackupError, type BackupHeader, type BackupTable } from './backup-format.ts';

/** The bookkeeping of migrations belongs to the database it is in. */
const BOOKKEEPING = '_prisma_migrations';

/** They too say something of a database, not of what is in it: which servers use it. */
const TERM = 'server_term';
const MEMBERS = 'cluster_member';

/** Partitions are read as their table. Columns that PostgreSQL computes are left out. */
const TABLES = `
  SELECT c.relname::text AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns,
    (SELECT coalesce(array_agg(DISTINCT other.relname::text), '{}') FROM pg_constraint k
       JOIN pg_class other ON other.oid = k.confrelid
       WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid) AS "refersTo"
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND c.relname NOT IN ('${BOOKKEEPING}', '${TERM}', '${MEMBERS}')
  GROUP BY c.oid, c.relname ORDER BY c.relname`;

interface TableRow extends BackupTable {
  readonly refersTo: readonly string[];
}

/** In an order in which each comes after those it refers to. @throws BackupError when some refer to one another */
export async function readTables(client: pg.ClientBase): Promise<readonly BackupTable[]> {
  const { rows } = await client.query<TableRow>(TABLES);
  return sortByReferences(rows).map(({ name, columns }) => ({ name, columns }));
}

/** Names of the migrations the database has, in order. @throws BackupError for one without any */
export async function readMigrationNames(client: pg.ClientBase): Promise<readonly string[]> {
  const { rows: known } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('${BOOKKEEPING}') IS NOT NULL AS exists`,
  );
  if (known[0]?.exists !== true)
    throw new BackupError('no Lapwing server has used this database: there is nothing in it');
  const { rows } = await client.query<{ name: string }>(
    `SELECT migration_name AS name FROM ${BOOKKEEPING}
     WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY migration_name`,
  );
  return rows.map(({ name }) => name);
}

/** The months there are partitions of, as YYYY-MM. */
export async function readMonths(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ month: string }>(
    `SELECT to_char(month, 'YYYY-MM') AS month FROM sample_month ORDER BY month`,
  );
  return rows.map(({ month }) => month);
}

/** Whether partitions this snapshot has are gone by now: names are looked up as they are, not as the snapshot has them. */
export async function hasLostPartitions(client: pg.ClientBase): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relispartition
       AND to_regclass(quote_ident(relname)) IS NULL`,
  );
  return rowCount !== 0;
}

export async function readSequences(client: pg.ClientBase): Promise<BackupHeader['sequences']> {
  const { rows } = await client.query<{ name: string; last: string }>(
    `SELECT sequencename::text AS name, last_value::text AS last FROM pg_sequences
     WHERE schemaname = current_schema() AND last_value IS NOT NULL ORDER BY sequencename`,
  );
  return rows;
}

function sortByReferences(rows: readonly TableRow[]): readonly TableRow[] {
  const sorted: TableRow[] = [];
  let left = rows;
  while (left.length > 0) {
    const waiting = new Set(left.map(({ name }) => name));
    const isReady = ({ refersTo }: TableRow) => !refersTo.some((name) => waiting.has(name));
    const ready = left.filter(isReady);
    if (ready.length === 0) throw new BackupError(`tables refer to one another: ${[...waiting].join(', ')}`);
    sorted.push(...ready);
    left = left.filter((row) => !isReady(row));
  }
  return sorted;
}
