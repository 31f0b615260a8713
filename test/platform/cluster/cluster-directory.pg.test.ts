import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { ClusterDirectory } from '../../../src/platform/cluster/cluster-directory.ts';
import { Membership, type MemberState } from '../../../src/platform/cluster/membership.ts';
import { ChangeChannels } from '../../../src/platform/postgres/change-channels.ts';
import { watchHealth, type HealthProbe } from '../../../src/platform/postgres/health-probe.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';

const log = createLog('silent');
const REPLICA: MemberState = { term: null, isReady: true, ports: {} };
const leads = (term: number, isReady = true): MemberState => ({
  term: String(term),
  isReady,
  ports: { graphite: 2003 },
});

let database: TestDatabase;
let probe: HealthProbe;
let directory: ClusterDirectory;
const joined: Membership[] = [];

beforeEach(async () => {
  database = await withDatabase();
  const changes = new ChangeChannels(['changes']);
  probe = watchHealth({ ...database, changes, log, onLost: () => undefined, onFound: () => undefined });
  await changes.whenAttached(60_000);
  directory = new ClusterDirectory(database.pool, changes);
  await setTerm(1);
});
afterEach(async () => {
  await directory.stop();
  for (const member of joined.splice(0)) await member.leave();
  await probe.stop();
  await database[Symbol.asyncDispose]();
});

const setTerm = (term: number) =>
  database.pool.query('INSERT INTO server_term (term) VALUES ($1) ON CONFLICT (id) DO UPDATE SET term = $1', [
    term,
  ]);

async function join(name: string, state: MemberState): Promise<Membership> {
  const facts = { name, address: `http://${name}:4000`, version: '1', startedAt: new Date() };
  const member = await Membership.join({ ...facts, connection: database.connection, log }, state);
  joined.push(member);
  return member;
}

const list = async () =>
  (await directory.list()).map(
    ({ name, isLeader, isReady }) => `${name} ${isLeader ? 'leads' : 'follows'} ${isReady}`,
  );

describe('the members of a cluster', () => {
  it('are those whose leases last, the leader of the term first', async () => {
    await join('one', REPLICA);
    const two = await join('two', leads(1));
    await expect.poll(list).toEqual(['two leads true', 'one follows true']);
    await two.setState(leads(1, false));
    await expect.poll(list).toEqual(['two leads false', 'one follows true']);
    await two.leave();
    await expect.poll(list).toEqual(['one follows true']);
    await database.pool.query(
      `UPDATE cluster_member SET lease_until = now() - interval '1 s' WHERE name = 'one'`,
    );
    // It renews its lease by itself.
    await expect.poll(list, { timeout: 10_000 }).toEqual(['one follows true']);
  });

  it('keep no row of one that died long ago', async () => {
    await database.pool.query(
      `INSERT INTO cluster_member (id, name, address, ports, version, is_ready, started_at, lease_until)
       VALUES (gen_random_uuid(), 'dead', 'http://dead', '{}', '1', true, now(), now() - interval '2 min')`,
    );
    await join('one', REPLICA);
    const { rows } = await database.pool.query<{ name: string }>('SELECT name FROM cluster_member');
    expect(rows).toEqual([{ name: 'one' }]);
  });

  it('know no leader of a term before: it has gone, or will', async () => {
    await join('one', leads(1));
    await setTerm(2);
    await expect.poll(list, { timeout: 10_000 }).toEqual(['one follows false']);
    expect(await directory.findLeader(0)).toBeNull();
    await join('two', leads(2));
    expect(await directory.findLeader(5_000)).toMatchObject({ name: 'two', ports: { graphite: 2003 } });
  });
});

describe('who looks for a leader', () => {
  it('waits until there is one that is ready, and can be reached', async () => {
    const looking = directory.findLeader(60_000);
    const one = await join('one', leads(1, false));
    await one.setState(leads(1));
    expect(await looking).toMatchObject({ name: 'one' });
    let tries = 0;
    const reached = await directory.reachLeader(60_000, ({ name }) =>
      Promise.resolve((tries += 1) < 3 ? null : name),
    );
    expect([reached, tries]).toEqual(['one', 3]);
  });

  it('is let down after its time, and never before a directory that stops', async () => {
    const looking = directory.findLeader(200);
    const stopped = directory.stop().then(() => 'stopped');
    expect(await Promise.race([looking, stopped])).toBeNull();
    expect(await stopped).toBe('stopped');
  });

  it('is looked for by any number of clients in a few questions', async () => {
    let questions = 0;
    database.pool.on('acquire', () => (questions += 1));
    const looking = Array.from({ length: 100 }, async (_, index) => {
      // Not all begin at once.
      await new Promise((resolve) => setImmediate(resolve));
      return directory.findLeader(500 + index);
    });
    expect(new Set(await Promise.all(looking))).toEqual(new Set([null]));
    // One each 100 ms, with room for what else uses the pool; it were more than there are clients.
    expect(questions).toBeLessThanOrEqual(20);
  });

  it('is called once when another one leads', async () => {
    await join('one', leads(1));
    const { id = '' } = (await directory.findLeader(5_000)) ?? {};
    let lost = 0;
    directory.watchLeader(id, () => (lost += 1));
    const unwatch = directory.watchLeader(id, () => (lost += 100));
    await join('other', REPLICA);
    expect(lost).toBe(0);
    unwatch();
    await setTerm(2);
    await join('two', leads(2));
    await expect.poll(() => lost, { timeout: 10_000 }).toBe(1);
  });

  it('is called once when it wants nothing more, before another one leads', async () => {
    const one = await join('one', leads(1));
    const { id = '' } = (await directory.findLeader(5_000)) ?? {};
    const called: string[] = [];
    directory.watchLeaving(id, () => called.push('leaves'));
    directory.watchLeader(id, () => called.push('lost'));
    await one.setState({ ...leads(1), isReady: false });
    await expect.poll(() => called, { timeout: 10_000 }).toEqual(['leaves']);
    await setTerm(2);
    await join('two', leads(2));
    await expect.poll(() => called, { timeout: 10_000 }).toEqual(['leaves', 'lost']);
  });
});
