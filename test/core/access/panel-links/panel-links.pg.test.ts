/** How long a panel link lives: as long as whoever made it could make it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Caller } from '../../../../src/core/access/caller.ts';
import type { Role } from '../../../../src/core/access/login/roles.ts';
import {
  MAX_PANEL_HOURS,
  type NewPanelLink,
  PanelLinks,
  type PanelLinkState,
  type PanelProblem,
} from '../../../../src/core/access/panel-links/panel-links.ts';
import { readPanels } from '../../../../src/core/access/panel-links/panel-link-store.ts';
import { InvalidInputError, NotFoundError, QuotaExceededError } from '../../../../src/errors.ts';
import { createLog } from '../../../../src/log.ts';
import { type TestDatabase, withDatabase } from '../../../helpers/database.ts';
import { until } from '../../../helpers/until.ts';

const DAY_MS = 86_400_000;
const ISSUER = 'https://id.example';
const KEY: Caller = { keyId: 'k', user: null, name: 'key', scopes: ['WRITE'], accountId: null };
const USER: Caller = { ...KEY, keyId: null, user: { subject: 'alice', session: 's.1' }, name: 'Alice' };
const OPEN: Caller = { ...KEY, keyId: null, name: 'open' };
const SETTING: Caller = { ...KEY, keyId: 'environment' };

let database: TestDatabase;
let metricId = '';
/** What others know of makers. */
let known: { keys: ReadonlySet<string | null>; mark: string; roles: Map<string, Role>; issuer: string };

beforeAll(async () => {
  database = await withDatabase();
  metricId = await addMetric('m');
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  await database.pool.query('DELETE FROM panel_link');
  const roles = new Map([['alice', roleOf('WRITE', null)]]);
  known = { keys: new Set(['k', null, 'environment']), mark: 'first', roles, issuer: ISSUER };
});

function roleOf(scope: Role['scopes'][number], accountId: number | null): Role {
  return { value: 'r', scopes: [scope], accountId };
}

async function addMetric(name: string): Promise<string> {
  const { rows } = await database.pool.query<{ id: string }>(
    `INSERT INTO metric (datasource, identity, name, server) VALUES ('CUSTOM', $1, $1, $1) RETURNING id`,
    [name],
  );
  return rows[0]?.id ?? '';
}

function openLinks(key: Uint8Array = Buffer.alloc(32, 7), withUsers = true): PanelLinks {
  return new PanelLinks({
    pool: database.pool,
    prisma: database.prisma,
    key,
    keys: {
      isStill: ({ keyId }) => known.keys.has(keyId),
      markOf: (keyId) => (keyId === 'environment' ? known.mark : null),
    },
    users: withUsers ? { issuer: known.issuer, roleOf: (subject) => known.roles.get(subject) ?? null } : null,
    log: createLog('silent'),
  });
}

const wanted = (more: Partial<NewPanelLink> = {}): NewPanelLink => {
  return { metricId, hours: 24, theme: null, expiresAt: null, ...more };
};

/** What somebody sees who opens a link that was made by a caller, after something changed. */
async function openAfter(maker: Caller, change: () => unknown): Promise<PanelLinkState | PanelProblem> {
  const made = await openLinks().create(wanted(), maker);
  await change();
  const links = openLinks();
  const opened = await links.open(links.tokenOf(made.id));
  const [stored] = await readPanels(database.pool, [made.id]);
  const state = typeof opened === 'string' ? opened : 'ACTIVE';
  if (stored !== undefined) expect(links.stateOf(stored, stored.accountId)).toBe(state);
  return state;
}

const forget = (keyId: string | null) => () => {
  known.keys = new Set([...known.keys].filter((one) => one !== keyId));
};

describe('a panel link', () => {
  it.each<[string, Caller, () => unknown, string]>([
    ['of a key lives with it', KEY, () => undefined, 'ACTIVE'],
    ['of a key ends with it', KEY, forget('k'), 'CREATOR_REVOKED'],
    ['of a key outlives other keys', KEY, forget('environment'), 'ACTIVE'],
    ['of the key of the settings lives with it', SETTING, () => undefined, 'ACTIVE'],
    [
      'of that key ends when another takes its place',
      SETTING,
      () => (known.mark = 'second'),
      'CREATOR_REVOKED',
    ],
    ['of that key ends when there is none', SETTING, forget('environment'), 'CREATOR_REVOKED'],
    ['of an open server lives while it is open', OPEN, () => undefined, 'ACTIVE'],
    ['of an open server ends with its first key', OPEN, forget(null), 'CREATOR_REVOKED'],
    ['of a user outlives all keys', USER, () => (known.keys = new Set()), 'ACTIVE'],
    ['of a user ends when nobody confirms the user', USER, () => known.roles.clear(), 'CREATOR_REVOKED'],
    [
      'of a user who may only read ends',
      USER,
      () => known.roles.set('alice', roleOf('READ', null)),
      'CREATOR_REVOKED',
    ],
    [
      'of a user who may only push ends',
      USER,
      () => known.roles.set('alice', roleOf('INGEST', null)),
      'CREATOR_REVOKED',
    ],
    [
      'of a user who may do everything lives',
      USER,
      () => known.roles.set('alice', roleOf('ADMIN', null)),
      'ACTIVE',
    ],
    ['of a user of its account lives', USER, () => known.roles.set('alice', roleOf('WRITE', 1)), 'ACTIVE'],
    [
      'of a user of another account ends',
      USER,
      () => known.roles.set('alice', roleOf('WRITE', 2)),
      'CREATOR_REVOKED',
    ],
    [
      'of a user of another provider ends',
      USER,
      () => (known.issuer = 'https://other.example'),
      'CREATOR_REVOKED',
    ],
    ['ends with its metric', KEY, () => database.pool.query(`DELETE FROM metric WHERE name = 'm'`), 'GONE'],
  ])('%s', async (_what, maker, change, state) => {
    expect(await openAfter(maker, change)).toBe(state);
    metricId =
      (await database.prisma.metric.findFirst({ where: { name: 'm' } }))?.id ?? (await addMetric('m'));
  });

  it('of a user ends where nobody signs in any more', async () => {
    const { id } = await openLinks().create(wanted(), USER);
    const links = openLinks(undefined, false);
    expect(await links.open(links.tokenOf(id))).toBe('CREATOR_REVOKED');
  });

  it('shows what it was made for, to whoever has it', async () => {
    const links = openLinks();
    const { id } = await links.create(wanted({ hours: 3, theme: 'DARK' }), USER);
    const opened = await links.open(links.tokenOf(id));
    expect(opened).toMatchObject({
      id,
      metricId,
      accountId: 1,
      hours: 3,
      theme: 'DARK',
      userSubject: 'alice',
    });
  });

  it('is nothing to a server with another key, and no made up id is one', async () => {
    const links = openLinks();
    const { id } = await links.create(wanted(), KEY);
    expect(await openLinks(Buffer.alloc(32, 8)).open(links.tokenOf(id))).toBe('FORGED');
    expect(await links.open(links.tokenOf(randomUUID()))).toBe('GONE');
    expect(await links.open('')).toBe('FORGED');
  });

  it('that was revoked is revoked for good, whatever else happened to it', async () => {
    const links = openLinks();
    const { id } = await links.create(wanted({ expiresAt: new Date(Date.now() + DAY_MS) }), KEY);
    const first = await links.revoke(id);
    forget('k')();
    const again = await links.revoke(id);
    expect(again.revokedAt).toEqual(first.revokedAt);
    expect(await links.open(links.tokenOf(id))).toBe('REVOKED');
    await expect(links.revoke(randomUUID())).rejects.toThrow(NotFoundError);
  });

  it('expires when it says, to the millisecond', async () => {
    const links = openLinks();
    const expiresAt = new Date(Date.now() + DAY_MS);
    const { id } = await links.create(wanted({ expiresAt }), KEY);
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      vi.setSystemTime(expiresAt.getTime() - 1);
      expect(await links.open(links.tokenOf(id))).toMatchObject({ id });
      vi.setSystemTime(expiresAt);
      expect(await links.open(links.tokenOf(id))).toBe('EXPIRED');
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    ['hours', { hours: 0 }, '1 to 336, got 0'],
    ['hours', { hours: MAX_PANEL_HOURS + 1 }, '1 to 336, got 337'],
    ['hours', { hours: -1 }, '1 to 336, got -1'],
    ['expiresAt', { expiresAt: new Date(0) }, 'a time to come, got 1970-01-01T00:00:00.000Z'],
  ])('is not made with %s of %j', (field, more, message) => {
    const make = () => openLinks().create(wanted(more), KEY);
    expect(make).toThrow(InvalidInputError);
    expect(make).toThrow(`input.${field}: expected ${message}`);
  });

  it('is not made of no metric, nor beside a hundred; those that ended make room, and are forgotten in a month', async () => {
    const links = openLinks();
    await expect(links.create(wanted({ metricId: randomUUID() }), KEY)).rejects.toThrow(NotFoundError);
    await database.pool.query(
      `INSERT INTO panel_link (metric_id, hours, created_by, revoked_at)
       SELECT $1, 1, 'x', CASE WHEN i = 1 THEN now() - interval '31 days' WHEN i < 4 THEN now() END
       FROM generate_series(1, 102) AS i`,
      [metricId],
    );
    await links.create(wanted(), KEY);
    await expect(links.create(wanted(), KEY)).rejects.toThrow(QuotaExceededError);
    expect(await database.prisma.panelLink.count()).toBe(102);
  });
});

describe('a panel that is open', () => {
  it('is told once why its link ended, and others go on', async () => {
    const links = openLinks();
    const made = await Promise.all([KEY, USER, KEY].map((maker) => links.create(wanted(), maker)));
    const [first, second, third] = made.map(({ id }) => id);
    const lost = vi.fn();
    const watch = (id = '') => links.watch(id, (why) => void lost(id, why));
    watch(first);
    watch(second);
    watch(third)();
    watch(randomUUID());
    await until(() => expect(lost).toHaveBeenCalledTimes(1));
    expect(lost.mock.calls[0]?.[1]).toBe('GONE');
    await links.revoke(first ?? '');
    await links.revoke(third ?? '');
    await until(() => expect(lost).toHaveBeenCalledTimes(2));
    known.roles.clear();
    await until(() => expect(lost).toHaveBeenCalledTimes(3));
    expect(lost.mock.calls.slice(1)).toEqual([
      [first, 'REVOKED'],
      [second, 'CREATOR_REVOKED'],
    ]);
    links.stop();
  });
});
