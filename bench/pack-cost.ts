/** What packing costs, and beside it what PostgreSQL takes to delete the same rows and nothing else. */
import type pg from 'pg';
import type { Engine } from '../src/app/build-core.ts';
import { Packer } from '../src/core/packing/packer.ts';
import { createLog } from '../src/log.ts';
import { readDatabaseCpuSeconds } from './measure-cpu.ts';
import { printFigure } from './measure.ts';

interface Burned {
  readonly serverUs: number;
  readonly databaseUs: number;
  readonly elapsedUs: number;
}

/** As many offsets are deleted by one statement. */
const WINDOW = 20_000;

/** CPU since the database was first asked, in all. */
async function burn(connection: string, work: () => Promise<unknown>): Promise<Burned> {
  const databaseBefore = await readDatabaseCpuSeconds(connection);
  const [before, startedMs] = [process.cpuUsage(), performance.now()];
  await work();
  const elapsedUs = (performance.now() - startedMs) * 1000;
  const own = process.cpuUsage(before);
  const databaseUs = ((await readDatabaseCpuSeconds(connection)) - databaseBefore) * 1e6;
  return { serverUs: own.user + own.system, databaseUs, elapsedUs };
}

/** Packs everything, without rests: what it takes is measured, not how long it is spread over. */
export function packAll(pool: pg.Pool, { saveProgress, registry, stats }: Engine): Promise<void> {
  return new Packer({
    pool,
    stats,
    log: createLog('error'),
    packAfterHours: 1,
    countMetrics: () => registry.size,
    saveProgress,
    isBusy: () => false,
    restFactor: 0,
  }).packDue();
}

/** Prints what a sample costs. `bare_sample` must hold the rows as they are before. */
export async function measurePacking(
  connection: string,
  client: pg.Client,
  pack: () => Promise<void>,
): Promise<void> {
  const packing = await burn(connection, pack);
  const vacuum = await burn(connection, () => client.query('VACUUM sample'));
  const packed = await count(client, 'SELECT sum(rows) FROM sample_block');
  const last = await count(client, 'SELECT max(last_seq) FROM sample_block');
  const deleting = await burn(connection, () => deleteBare(client, last));
  const bareVacuum = await burn(connection, () => client.query('VACUUM bare_sample'));
  const perSample = (name: string, burned: number, bare?: number) => {
    const against = bare === undefined ? undefined : { name: 'bare DELETE', value: bare / packed };
    printFigure({ name, value: burned / packed, unit: 'µs a sample', against });
  };
  perSample('packing, elapsed', packing.elapsedUs, deleting.elapsedUs);
  perSample('packing, CPU of the server', packing.serverUs);
  perSample('packing, CPU of the database', packing.databaseUs, deleting.databaseUs);
  perSample('packing, CPU of both', packing.serverUs + packing.databaseUs, deleting.databaseUs);
  perSample('vacuum afterwards, CPU of the database', vacuum.databaseUs, bareVacuum.databaseUs);
}

/** With the same indexes, in the order in which they were written. */
export async function copyRows(client: pg.Client): Promise<void> {
  await client.query('CREATE TABLE bare_sample (LIKE sample INCLUDING ALL)');
  await client.query('INSERT INTO bare_sample SELECT * FROM sample ORDER BY seq');
  await client.query('VACUUM ANALYZE bare_sample');
  await client.query('CHECKPOINT');
}

async function deleteBare(client: pg.Client, last: number): Promise<void> {
  await client.query("SET wal_compression = 'off'");
  for (let first = 1; first <= last; first += WINDOW)
    await client.query('DELETE FROM bare_sample WHERE seq >= $1 AND seq <= $2', [
      first,
      Math.min(last, first + WINDOW - 1),
    ]);
  await client.query('RESET wal_compression');
}

async function count(client: pg.Client, sql: string): Promise<number> {
  const { rows } = await client.query<{ value: number }>(`SELECT (${sql})::float8 AS value`);
  return rows[0]?.value ?? 0;
}
