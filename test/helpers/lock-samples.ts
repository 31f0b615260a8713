/** Holds the data path up: `await using lock = await lockSamples(database)`. */
import type pg from 'pg';
import { openClient } from '../../src/platform/postgres/connection.ts';
import type { TestDatabase } from './database.ts';

export interface SampleLock extends AsyncDisposable {
  /** Ends the sessions that wait for the samples, once there are any. */
  readonly endWaiting: () => Promise<void>;
  /** Lets everybody go on. */
  readonly release: () => Promise<void>;
}

/** Nobody can read or write samples until it is released or disposed of. */
export async function lockSamples({ connection }: Pick<TestDatabase, 'connection'>): Promise<SampleLock> {
  const client = await openClient(connection, 'lapwing test');
  await client.query('BEGIN');
  await client.query('LOCK TABLE sample');
  const release = () => client.query('ROLLBACK').then(() => undefined);
  const dispose = async () => {
    await release();
    await client.end();
  };
  return { endWaiting: () => endWaiting(client), release, [Symbol.asyncDispose]: dispose };
}

async function endWaiting(client: pg.Client): Promise<void> {
  for (let ended: number | null = 0; ended === 0;) {
    ({ rowCount: ended } = await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND relation = 'sample'::regclass`,
    ));
  }
}
