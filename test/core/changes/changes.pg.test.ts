/** Numbers of changes come in the order in which transactions become visible, however these overlap. */
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ChangeStream } from '../../../src/core/changes/change-stream.ts';
import { Changes } from '../../../src/core/changes/read-changes.ts';
import { createStatusFeed } from '../../../src/platform/runtime/change-feed.ts';
import { inTransaction } from '../../../src/platform/postgres/transaction.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';
import { until } from '../../helpers/until.ts';

interface Changed {
  readonly name: string;
  readonly status: string;
  readonly changeNumber: bigint;
}

const EPOCH = 'abc';
let database: TestDatabase;
let changes: Changes;

beforeAll(async () => {
  database = await withDatabase();
  changes = new Changes({ pool: database.pool, epoch: () => EPOCH });
});

afterAll(() => database[Symbol.asyncDispose]());

async function addMetrics(...names: readonly string[]): Promise<void> {
  await database.pool.query(
    `INSERT INTO metric (datasource, identity, name, server) SELECT 'CUSTOM', n, n, n FROM unnest($1::text[]) AS n`,
    [names],
  );
}

const setStatus = (client: pg.Pool | pg.PoolClient, name: string, status = 'ACTIVE') =>
  client.query('UPDATE metric SET status = $2 WHERE name = $1', [name, status]);

async function readAfter(after: bigint, limit = 100): Promise<readonly Changed[]> {
  const { rows } = await database.pool.query<{ name: string; status: string; change_number: string }>(
    'SELECT name, status, change_number FROM metric WHERE change_number > $1 ORDER BY change_number LIMIT $2',
    [after, limit],
  );
  return rows.map(({ name, status, change_number }) => ({
    name,
    status,
    changeNumber: BigInt(change_number),
  }));
}

const namesAfter = async (after: bigint) => (await readAfter(after)).map(({ name }) => name);

it('what commits later has the greater number, though it was changed first', async () => {
  await addMetrics('slow', 'quick');
  const before = await changes.newest();
  await inTransaction(database.pool, async (client) => {
    await setStatus(client, 'slow');
    await setStatus(database.pool, 'quick');
    expect(await namesAfter(before)).toEqual(['quick']);
  });
  const [quick] = await readAfter(before);
  expect(await namesAfter(quick?.changeNumber ?? 0n)).toEqual(['slow']);
});

it('a transaction that has its numbers and is not visible yet keeps others from greater ones', async () => {
  await addMetrics('first', 'second');
  const before = await changes.newest();
  const client = await database.pool.connect();
  try {
    await client.query('BEGIN');
    await setStatus(client, 'first');
    // As COMMIT does, but for becoming visible.
    await client.query('SET CONSTRAINTS ALL IMMEDIATE');
    const second = setStatus(database.pool, 'second');
    await until(async () => {
      const { rowCount } = await database.pool.query(
        `SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 1279348823 AND objid = 2 AND NOT granted`,
      );
      expect(rowCount).toBe(1);
    });
    expect(await namesAfter(before)).toEqual([]);
    await client.query('COMMIT');
    await second;
  } finally {
    client.release();
  }
  expect(await namesAfter(before)).toEqual(['first', 'second']);
});

it('what is rolled back, repeated or said of a name that is stored only is no change', async () => {
  const before = await changes.newest();
  await addMetrics('stored');
  await setStatus(database.pool, 'first', 'ACTIVE');
  const undone = inTransaction(database.pool, async (client) => {
    await setStatus(client, 'first', 'ERROR');
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  await database.pool.query(`UPDATE metric SET description = 'said' WHERE name = 'first'`);
  expect(await readAfter(before)).toEqual([]);
  expect(await changes.newest()).toBe(before);
});

it('a reader beside many writers of the same rows, in any order, misses no last state and sees no number twice', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `busy${index}`);
  await addMetrics(...names);
  const feed = createStatusFeed();
  const stream = new ChangeStream({ after: await changes.newest(), feed, read: readAfter });
  const seen: Changed[] = [];
  const reading = (async () => {
    for await (const thing of stream) seen.push(thing);
  })();
  const writers = Array.from({ length: 6 }, async (_, writer) => {
    for (let round = 0; round < 25; round += 1) {
      await inTransaction(database.pool, async (client) => {
        // Each takes its rows in one order, so that they cannot wait for each other; the lock of the numbers must add no circle.
        for (const [index, name] of names.entries()) {
          if ((index * 7 + writer * 3 + round) % 5 < 2)
            await setStatus(client, name, ['ACTIVE', 'ERROR', 'PENDING_DATA'][(round + writer) % 3]);
        }
      });
      feed.publish('any');
    }
  });
  await Promise.all(writers);
  const stored = (await readAfter(0n)).filter(({ name }) => name.startsWith('busy'));
  await until(() => expect(seen.at(-1)?.changeNumber).toBe(stored.at(-1)?.changeNumber));
  await stream.return();
  await reading;
  const last = new Map(seen.map((thing) => [thing.name, thing]));
  expect([...last.values()].toSorted((a, b) => Number(a.changeNumber - b.changeNumber))).toEqual(stored);
  const numbers = seen.map(({ changeNumber }) => Number(changeNumber));
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  expect(numbers.length).toBeGreaterThan(names.length);
});

it('ends while it waits, by its reader or with the feed, and hands on what reading throws', async () => {
  const feed = createStatusFeed();
  const read = () => Promise.resolve([]);
  const left = new ChangeStream({ after: 0n, feed, read });
  const pending = left.next();
  await left.return();
  expect(await pending).toEqual({ done: true, value: undefined });
  const closed = new ChangeStream({ after: 0n, feed, read });
  const waiting = closed.next();
  feed.close();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(await closed.next()).toEqual({ done: true, value: undefined });
  const failing = new ChangeStream({
    after: 0n,
    feed: createStatusFeed(),
    read: () => Promise.reject(new Error('away')),
  });
  await expect(failing.next()).rejects.toThrow('away');
});

it('a cursor is taken by its own database alone, and never ahead of it', async () => {
  const newest = await changes.newest();
  expect(await changes.parse(changes.cursorOf(newest))).toBe(newest);
  for (const [cursor, problem] of [
    ['v1.abc.1', /expected a cursor of changes, as in `changeCursor`, got "v1\.abc\.1"/],
    ['', /expected a cursor of changes/],
    ['c1.abc.-1', /expected a cursor of changes/],
    [`c1.abc.${'9'.repeat(19)}`, /expected a cursor of changes/],
    ['c1.def.1', /belongs to another database/],
    ['c1.abc.999999999999999999', /ahead of the last change/],
  ] as const) {
    await expect(changes.parse(cursor), cursor).rejects.toThrow(problem);
  }
});
