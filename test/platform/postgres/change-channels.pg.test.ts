import { expect, test } from 'vitest';
import { openClient } from '../../../src/platform/postgres/connection.ts';
import { createLog } from '../../../src/log.ts';
import { ChangeChannels } from '../../../src/platform/postgres/change-channels.ts';
import { watchHealth } from '../../../src/platform/postgres/health-probe.ts';
import { leadThrough, readTarget, startProxy } from '../../faults/proxy.ts';
import { withDatabase } from '../../helpers/database.ts';
import { until } from '../../helpers/until.ts';

/** Counts what it is told, and what it is asked to read again. */
function listenTo(changes: ChangeChannels) {
  const heard = { count: 0 };
  changes.listen('keys', () => (heard.count += 1));
  return heard;
}

test('a change of a key is heard of, its use is not, and what may have been missed is one more change', async () => {
  await using database = await withDatabase();
  await using proxy = await startProxy(readTarget(database.connection));
  const changes = new ChangeChannels();
  const heard = listenTo(changes);
  expect(changes.isCurrent()).toBe(false);
  await using _ = watchHealth({
    connection: leadThrough(database.connection, proxy.port),
    changes,
    log: createLog('silent'),
    onLost: () => undefined,
    onFound: () => undefined,
  });
  await until(() => expect(changes.isCurrent()).toBe(true));
  // It may have changed before anybody listened.
  expect(heard.count).toBe(1);
  await database.pool.query(
    `INSERT INTO api_key (id, name, hash, scopes) VALUES ('k', 'k', sha256('k'), '{READ}')`,
  );
  await until(() => expect(heard.count).toBe(2));
  await database.pool.query('UPDATE api_key SET last_used_at = now()');
  await database.pool.query('UPDATE api_key SET revoked_at = now()');
  await until(() => expect(heard.count).toBe(3));
  proxy.setCut(true);
  await until(() => expect(changes.isCurrent()).toBe(false));
  await database.pool.query('DELETE FROM api_key');
  expect(heard.count).toBe(3);
  proxy.setCut(false);
  await until(() => expect(heard.count).toBeGreaterThanOrEqual(4));
  await until(() => expect(changes.isCurrent()).toBe(true));
  const before = heard.count;
  await database.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'lapwing health probe'`,
  );
  // Nothing changed; but nobody can know.
  await until(() => expect(heard.count).toBe(before + 1));
  await database.pool.query('TRUNCATE api_key');
  await until(() => expect(heard.count).toBe(before + 2));
});

test('a catch-up that is begun while a connection is being made ready ends', async () => {
  await using database = await withDatabase();
  const changes = new ChangeChannels(['keys', 'changes', 'metrics', 'barrier']);
  const client = await openClient(database.connection, 'lapwing test');
  const catchingUp: Promise<void>[] = [];
  // At each step: before, between and after the statements that make it ready.
  for (const channel of ['keys', 'changes', 'metrics', 'barrier'] as const) {
    changes.listen(channel, () => catchingUp.push(changes.catchUp()));
  }
  const attaching = changes.attach(client);
  for (let step = 0; step < 20; step++) {
    catchingUp.push(changes.catchUp());
    await new Promise((resolve) => setImmediate(resolve));
  }
  await attaching;
  expect(await changes.whenAttached(0)).toBe(true);
  await Promise.all(catchingUp);
  changes.detach();
  expect(await changes.whenAttached(1)).toBe(false);
  await client.end();
});

test('tables and metrics that change are named, and after a catch-up all that was committed before has been told', async () => {
  await using database = await withDatabase();
  const changes = new ChangeChannels(['changes', 'metrics', 'barrier']);
  const told: (string | null)[] = [];
  for (const channel of ['changes', 'metrics'] as const) changes.listen(channel, (what) => told.push(what));
  await changes.catchUp();
  await using _ = watchHealth({
    connection: database.connection,
    changes,
    log: createLog('silent'),
    onLost: () => undefined,
    onFound: () => undefined,
  });
  await until(() => expect(changes.isCurrent()).toBe(true));
  expect(told).toEqual([null, null]);
  told.length = 0;
  const { rows } = await database.pool.query<{ number: number }>(
    `INSERT INTO metric (datasource, identity, name, server, location, spec, period_seconds)
     SELECT 'CUSTOM', 'm' || n, 'm' || n, 's', 'l', '{}', 300 FROM generate_series(1, 1300) AS n RETURNING number`,
  );
  await changes.catchUp();
  const parts = told.filter((what) => what !== 'metric').map((what) => what?.split(',').map(Number) ?? []);
  expect(parts.map((part) => part.length).toSorted((a, b) => a - b)).toEqual([100, 600, 600]);
  expect(new Set(parts.flat())).toEqual(new Set(rows.map(({ number }) => number)));
  told.length = 0;
  await database.pool.query(`DELETE FROM metric WHERE name = 'm7'`);
  await database.pool.query(
    `INSERT INTO autostack (name, region, resource_type, filters) VALUES ('a', 'r', 't', '[{"name": "n", "values": ["v"]}]')`,
  );
  await changes.catchUp();
  // Labels go with their metric.
  expect(told).toEqual([String(rows[6]?.number), 'anomaly_label', 'autostack']);
});
