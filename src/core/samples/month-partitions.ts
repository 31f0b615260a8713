/**
 * The partitions of the tables of samples, of packed ones and of bars: one each per month, made before the first sample
 * of that month is written, and dropped together.
 */
import pg from 'pg';
import { lockUntilCommit } from '../../platform/postgres/transaction-lock.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { excludePacking } from './packed/write-blocks.ts';

export interface SampleMonths {
  /** Reads which months there are. */
  load: () => Promise<void>;
  /** @returns false for a time whose month is not there, and for which there are too many others */
  admit: (timestampMs: number) => boolean;
  /** Makes the partitions these times fall into, and notes that they are being written to. */
  ensure: (timestampsMs: Iterable<number>) => Promise<void>;
  /**
   * Drops the months whose samples are all older than `beforeMs` and that nothing was written to since then. Cursors
   * into a dropped month expire. One that somebody reads for long, such as a backup, stays.
   */
  dropBefore: (beforeMs: number) => Promise<DroppedMonths>;
  /** When samples were last written, to a day, by the clock of then; null when none are there. */
  lastWriteMs: () => Promise<number | null>;
}

/** Names of partitions. */
interface DroppedMonths {
  readonly dropped: readonly string[];
  /** Those that were to be dropped, and are being read. */
  readonly inUse: readonly string[];
}

const DAY_MS = 86_400_000;
/**
 * PostgreSQL drops a partition once nobody reads its table, and until then lets no new reader in: who reads or writes samples
 * waits as long.
 */
const DROP_LOCK_MS = 250;
const LOCK_NOT_AVAILABLE = '55P03';
/**
 * A statement that names no time locks the partitions of every month with their indexes, and each session remembers all of them: with
 * a month for each of some hundred times a sender makes up, PostgreSQL has no memory left for anybody's statements. Twenty years.
 */
export const MAX_MONTHS = 240;
/** Samples of the last year are taken however many months there are. */
const RECENT_MS = 366 * DAY_MS;

export function createSampleMonths(pool: pg.Pool, now: () => number = Date.now): SampleMonths {
  /** Month → day of the last noted write: writes are noted once a day, not once a batch. */
  const noted = new Map<string, number>();
  const room = new MonthRoom();

  const load = async () => {
    const { rows } = await pool.query<{ month: string }>(
      `SELECT to_char(month, 'YYYY-MM') AS month FROM sample_month`,
    );
    for (const { month } of rows) room.add(month);
  };

  const ensure = async (timestampsMs: Iterable<number>) => {
    const today = Math.floor(now() / DAY_MS);
    const months = new Set<string>();
    for (const timestampMs of timestampsMs) months.add(monthOf(timestampMs));
    for (const month of months) {
      if (noted.get(month) === today) continue;
      await createMonth(pool, month, now());
      noted.set(month, today);
    }
  };

  const dropBefore = async (beforeMs: number) => {
    // Noted by a clock that was ahead: such a month would be kept until that time has come.
    await pool.query(
      `UPDATE sample_month SET last_write = to_timestamp($1 / 1000.0)
       WHERE last_write > to_timestamp($1 / 1000.0) + interval '1 day'`,
      [now()],
    );
    const { rows } = await pool.query<{ month: string }>(
      `SELECT to_char(month, 'YYYY-MM') AS month FROM sample_month
       WHERE month + interval '1 month' <= to_timestamp($1 / 1000.0) AND last_write < to_timestamp($1 / 1000.0)
       ORDER BY month`,
      [beforeMs],
    );
    const dropped: string[] = [];
    for (const [index, { month }] of rows.entries()) {
      const outcome = await dropMonth(pool, month, beforeMs);
      // Who reads one reads the table of all of them.
      if (outcome === 'in use') {
        return { dropped, inUse: rows.slice(index).map((row) => partitionName(row.month)) };
      }
      if (outcome !== 'dropped') continue;
      noted.delete(month);
      room.remove(month);
      dropped.push(partitionName(month));
    }
    return { dropped, inUse: [] };
  };

  const lastWriteMs = async () => {
    const { rows } = await pool.query<{ last: Date | null }>(
      'SELECT max(last_write) AS last FROM sample_month',
    );
    return rows[0]?.last?.getTime() ?? null;
  };

  const admit = (timestampMs: number) => room.admit(timestampMs, () => now() - RECENT_MS);
  return { load, admit, ensure, dropBefore, lastWriteMs };
}

/** The months that are there or about to be made. */
class MonthRoom {
  readonly #months = new Set<string>();
  /** Days of these months that were asked for: most points are of a day that was. */
  readonly #days = new Set<number>();

  add(month: string): void {
    this.#months.add(month);
  }

  remove(month: string): void {
    this.#months.delete(month);
    this.#days.clear();
  }

  /** @param findRecentMs what is newer has room in any case; each point asks, and the clock is not read for each */
  admit(timestampMs: number, findRecentMs: () => number): boolean {
    const day = Math.floor(timestampMs / DAY_MS);
    if (this.#days.has(day)) return true;
    const month = monthOf(timestampMs);
    const hasRoom =
      this.#months.has(month) || this.#months.size < MAX_MONTHS || timestampMs >= findRecentMs();
    if (hasRoom) {
      this.#months.add(month);
      this.#days.add(day);
    }
    return hasRoom;
  }
}

/** `YYYY-MM` in UTC. */
function monthOf(timestampMs: number): string {
  return new Date(timestampMs).toISOString().slice(0, 7);
}

type Partitioned = 'sample' | 'sample_block' | 'bar';

function partitionName(month: string, table: Partitioned = 'sample'): string {
  return `${table}_${month.replace('-', '_')}`;
}

async function createMonth(pool: pg.Pool, month: string, nowMs: number): Promise<void> {
  await inTransaction(pool, async (client) => {
    const first = `${month}-01`;
    // Two that find no month at once would both make it, and one of them would fail.
    await lockUntilCommit(client, 'months');
    const { rows } = await client.query(`SELECT 1 FROM sample_month WHERE month = $1`, [first]);
    if (rows.length === 0) await createMonthPartitions(client, month);
    await client.query(
      `INSERT INTO sample_month (month, last_write) VALUES ($1, to_timestamp($2 / 1000.0))
       ON CONFLICT (month) DO UPDATE SET last_write = greatest(sample_month.last_write, EXCLUDED.last_write)`,
      [first, nowMs],
    );
  });
}

/** The partitions of a month that has none; the caller notes the month. @param month YYYY-MM */
export async function createMonthPartitions(client: pg.PoolClient, month: string): Promise<void> {
  await createPartition(client, 'sample', month);
  await createPartition(client, 'sample_block', month);
  // The bar of now is rewritten again and again: room on its page keeps the new version off the index.
  await createPartition(client, 'bar', month, 'WITH (fillfactor = 80)');
}

/** Made apart and attached: readers of the other months are not locked out. */
async function createPartition(
  client: pg.PoolClient,
  table: Partitioned,
  month: string,
  storage = '',
): Promise<void> {
  const name = partitionName(month, table);
  await client.query(
    `CREATE TABLE ${name} (LIKE ${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE) ${storage}`,
  );
  await client.query(
    `ALTER TABLE ${table} ATTACH PARTITION ${name}
     FOR VALUES FROM ('${month}-01 00:00:00+00') TO ('${nextMonth(month)}-01 00:00:00+00')`,
  );
}

/** @returns `written to` also when it is gone */
async function dropMonth(
  pool: pg.Pool,
  month: string,
  beforeMs: number,
): Promise<'dropped' | 'written to' | 'in use'> {
  const name = partitionName(month);
  const packed = partitionName(month, 'sample_block');
  try {
    return await inTransaction(pool, async (client) => {
      await excludePacking(client);
      await lockUntilCommit(client, 'months');
      const { rowCount } = await client.query(
        'DELETE FROM sample_month WHERE month = $1 AND last_write < to_timestamp($2 / 1000.0)',
        [`${month}-01`, beforeMs],
      );
      if (rowCount === 0) return 'written to';
      await client.query(
        `UPDATE score_log SET floor = greatest(floor, (SELECT max(seq) FROM ${name}), (SELECT max(last_seq) FROM ${packed}))
         WHERE id = 1`,
      );
      await client.query(
        `UPDATE log_window SET version = version + 1 WHERE first IN (SELECT DISTINCT window_first FROM ${packed})`,
      );
      await client.query(`SET LOCAL lock_timeout = ${DROP_LOCK_MS}`);
      await client.query(`DROP TABLE ${name}, ${packed}, ${partitionName(month, 'bar')}`);
      return 'dropped';
    });
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE) return 'in use';
    throw error;
  }
}

function nextMonth(month: string): string {
  const [year, number] = month.split('-').map(Number);
  return new Date(Date.UTC(year ?? 1970, number ?? 1, 1)).toISOString().slice(0, 7);
}
