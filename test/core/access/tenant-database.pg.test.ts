/** The database as a key of one account sees it, by SQL and by Prisma, whoever wrote the query. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tenantPool } from '../../../src/core/access/tenant-pool.ts';
import { OWNERS, tenantPrisma } from '../../../src/core/access/tenant-prisma.ts';
import { createLog } from '../../../src/log.ts';
import { createDatabase, type Database } from '../../../src/platform/postgres/client.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';

let database: TestDatabase;
/** With one connection: what one query leaves behind meets the next. */
let narrow: Database;
let team = 0;

beforeAll(async () => {
  database = await withDatabase();
  narrow = createDatabase({
    ...{ connection: database.connection, log: createLog('silent'), use: 'lapwing test' },
  });
  narrow.pool.options.max = 1;
  const { rows } = await database.pool.query<{ id: number }>(
    `INSERT INTO account (name) VALUES ('team') RETURNING id`,
  );
  team = rows[0]?.id ?? 0;
  await database.pool.query(
    `INSERT INTO metric (account_id, datasource, identity, name, server, status)
     SELECT account, 'CUSTOM', name, name, 'server', 'ACTIVE'
     FROM (VALUES (1, 'ours 1'), (1, 'ours 2'), ($1::int, 'theirs')) AS given (account, name)`,
    [team],
  );
  await database.pool.query(
    `INSERT INTO notification_channel (position, kind, target, sealed) VALUES (0, 'WEBHOOK', 'x', '')`,
  );
});
afterAll(async () => {
  await narrow.stop();
  await database[Symbol.asyncDispose]();
});

const namesBy = async (pool: Pick<TestDatabase['pool'], 'query'>) => {
  const { rows } = await pool.query<{ name: string }>('SELECT name FROM metric ORDER BY name');
  return rows.map(({ name }) => name);
};

describe('SQL of one account', () => {
  it('sees the metrics of that account, by whatever way the statement is asked', async () => {
    const pool = tenantPool(database.pool, team);
    expect(await namesBy(pool)).toEqual(['theirs']);
    expect(await namesBy(tenantPool(database.pool, 1))).toEqual(['ours 1', 'ours 2']);
    expect(await namesBy(tenantPool(database.pool, 4711))).toEqual([]);
    const byPlace = await pool.query('SELECT name FROM metric WHERE name = ANY($1::text[])', [
      ['ours 1', 'theirs'],
    ]);
    expect(byPlace.rows).toEqual([{ name: 'theirs' }]);
    const joined = await pool.query(
      'SELECT a.name FROM account AS a JOIN metric AS m ON m.account_id = a.id GROUP BY a.name',
    );
    expect(joined.rows).toEqual([{ name: 'team' }]);
  });

  it('sees no more by a statement that was prepared for everybody on the same connection', async () => {
    const statement = { name: 'metrics', text: 'SELECT name FROM metric ORDER BY name', values: [] };
    const all = await narrow.pool.query(statement);
    expect(all.rows).toHaveLength(3);
    const own = await tenantPool(narrow.pool, team).query(statement);
    expect(own.rows).toEqual([{ name: 'theirs' }]);
    expect((await narrow.pool.query(statement)).rows).toHaveLength(3);
  });

  it('leaves nothing behind on its connection, also when it failed', async () => {
    const pool = tenantPool(narrow.pool, team);
    await pool.query('SELECT 1');
    expect(await namesBy(narrow.pool)).toHaveLength(3);
    await expect(pool.query('SELECT 1 / 0')).rejects.toThrow('division by zero');
    expect(await namesBy(narrow.pool)).toHaveLength(3);
    const { rows } = await narrow.pool.query(
      `SELECT current_setting('lapwing.account_id', true) AS account, current_setting('transaction_read_only') AS reads`,
    );
    // PostgreSQL keeps the name of a setting, without its value.
    expect(rows).toEqual([{ account: '', reads: 'off' }]);
  });

  it.each([
    `UPDATE public.metric SET name = 'taken'`,
    `DELETE FROM sample`,
    `INSERT INTO account (name) VALUES ('made')`,
    `CREATE TABLE made ()`,
    // Only before the first query of a transaction.
    `SET TRANSACTION READ WRITE`,
  ])('writes nothing: %s', async (text) => {
    await expect(tenantPool(database.pool, team).query(text)).rejects.toThrow();
    expect(await namesBy(database.pool)).toEqual(['ours 1', 'ours 2', 'theirs']);
  });

  it('has no connection of its own, nor anything else of the pool', () => {
    const pool = tenantPool(database.pool, team);
    for (const use of [
      () => pool.connect(),
      () => pool.end(),
      () => pool.totalCount,
      () => pool.on('error', () => 0),
    ])
      expect(use).toThrow(/a key of one account has no use for/);
  });

  it('knows every column there is: a view does not grow with its table', async () => {
    const { rows } = await database.pool.query<{ schema: string; columns: string[] }>(
      `SELECT table_schema AS schema, array_agg(column_name::text ORDER BY column_name) AS columns
       FROM information_schema.columns WHERE table_name = 'metric' AND table_schema IN ('public', 'account_view')
       GROUP BY table_schema`,
    );
    const [one, other] = rows;
    expect(rows.map(({ schema }) => schema).sort()).toEqual(['account_view', 'public']);
    expect(one?.columns).toEqual(other?.columns);
  });
});

describe('Prisma of one account', () => {
  const ofTeam = () => tenantPrisma(database.prisma, team);

  it('sees the metrics of that account, whatever else is asked of them', async () => {
    const prisma = ofTeam();
    const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
    expect(names(await prisma.metric.findMany())).toEqual(['theirs']);
    expect(
      names(await prisma.metric.findMany({ where: { OR: [{ name: 'ours 1' }, { name: 'theirs' }] } })),
    ).toEqual(['theirs']);
    expect(
      names(await prisma.metric.findMany({ where: { AND: [{ server: 'server' }], NOT: { name: 'x' } } })),
    ).toEqual(['theirs']);
    expect(await prisma.metric.count()).toBe(1);
    expect(await prisma.metric.findMany({ where: { AND: { name: 'ours 1' } } })).toEqual([]);
    expect(await prisma.metric.aggregate({ _count: true })).toEqual({ _count: 1 });
    const groups = await prisma.metric.groupBy({ by: ['accountId'], _count: true });
    expect(groups).toEqual([{ accountId: team, _count: 1 }]);
  });

  it('finds nothing of others by what is unique either', async () => {
    const other = await database.prisma.metric.findFirstOrThrow({ where: { accountId: 1 } });
    const own = await database.prisma.metric.findFirstOrThrow({ where: { accountId: team } });
    const prisma = ofTeam();
    expect(await prisma.metric.findUnique({ where: { id: other.id } })).toBeNull();
    expect(await prisma.metric.findUnique({ where: { number: own.number } })).toMatchObject({ id: own.id });
    await expect(prisma.metric.findUniqueOrThrow({ where: { id: other.id } })).rejects.toThrow();
  });

  it('writes nothing, and asks for no table that is not listed', async () => {
    const prisma = ofTeam();
    const refused = /is not for keys of one account/;
    await expect(prisma.metric.updateMany({ data: { name: 'taken' } })).rejects.toThrow(refused);
    await expect(prisma.metric.deleteMany()).rejects.toThrow(refused);
    await expect(prisma.apiKey.findMany()).rejects.toThrow(refused);
    await expect(prisma.auditEntry.count()).rejects.toThrow(refused);
    await expect(prisma.$queryRaw`SELECT name FROM metric`).rejects.toThrow(refused);
    await expect(prisma.$executeRaw`DELETE FROM metric`).rejects.toThrow(refused);
    expect(await database.prisma.metric.count()).toBe(3);
  });

  it('has nothing of what the whole server shares, for any account', async () => {
    expect(await database.prisma.notificationChannel.count()).toBe(1);
    for (const accountId of [1, team]) {
      const prisma = tenantPrisma(database.prisma, accountId);
      expect(await prisma.notificationRule.findMany()).toEqual([]);
      expect(await prisma.notificationChannel.count()).toBe(0);
      expect(await prisma.notification.findMany({ include: { channel: true } })).toEqual([]);
    }
  });

  it('gives only the default account what the server reads with its own credentials', () => {
    const nothing = { id: { in: [] } };
    expect(OWNERS.Autostack?.(1)).toEqual({});
    expect(OWNERS.Autostack?.(team)).toEqual(nothing);
    for (const [name, narrowed] of Object.entries(OWNERS)) {
      // Each condition names the account, or nobody.
      const text = JSON.stringify(narrowed(team));
      expect(text, name).toMatch(new RegExp(`"accountId":${team}\\b|"in":\\[\\]`));
    }
  });
});
