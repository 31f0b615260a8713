/** What a user may do follows the provider: other roles, no role, a user that is disabled, a provider that is away. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLapwing } from '../../../../src/app/start-server.ts';
import { createLog } from '../../../../src/log.ts';
import { readConfig } from '../../../../src/platform/config/read-config.ts';
import { ask, read } from '../../../helpers/ask.ts';
import { type Transport, TRANSPORTS } from '../../../helpers/connect.ts';
import { type LoginSetup, prepareLogin } from '../../../helpers/login.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';

const SOME = '{ serverInfo { version } }';
const LEAVER = 'somebody who leaves';
const ROLES = 'ops=ADMIN; dev=READ@team-a; crew=READ';

const [overSocket] = TRANSPORTS;

let login: LoginSetup;
let server: TestServer;

beforeAll(async () => {
  login = await prepareLogin(ROLES, { LAPWING_OIDC_REFRESH_SECONDS: '1' });
  server = await startServer({ settings: login.settings });
  login.leadTo(server.url);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await login[Symbol.asyncDispose]();
});

/** What ends a subscription, once it stands. */
async function follow(transport: Transport | undefined, asker: Parameters<typeof ask>[0]) {
  await until(() => expect(server.engine.live.subscriberCount()).toBe(0));
  if (transport === undefined) throw new Error('there is a first transport');
  const live = transport.subscribe(asker, 'subscription { anomalyScores { cursor } }');
  const end = live.next().then(
    ({ value }) => JSON.stringify(value),
    (error: unknown) => JSON.stringify(error, ['code', 'reason', 'message']),
  );
  await until(() => expect(server.engine.live.subscriberCount()).toBe(1));
  return { end, [Symbol.asyncDispose]: () => live[Symbol.asyncDispose]() };
}

const checksFailed = () => server.engine.stats.read('session_checks_failed');

describe.each(TRANSPORTS)('a session with a subscription over $name', (transport) => {
  it('has other rights when the user has another role; what was begun with the old ones ends', async () => {
    const { asker } = await login.signIn('alice', ['ops']);
    await using live = await follow(transport, asker);
    login.provider.people.set('alice', { name: 'alice the second', groups: ['dev'] });
    expect(await live.end).toMatch(/4403|FORBIDDEN/);
    expect((await ask(asker, '{ apiKeys { name } }')).errors[0]?.message).toMatch(
      /alice the second has READ/,
    );
    expect((await ask(asker, SOME)).status).toBe(200);
  });
});

describe('a session that is used', () => {
  it('goes on while the provider confirms it, with another refresh token each time', async () => {
    const { asker } = await login.signIn('alice', ['ops']);
    await using live = await follow(overSocket, asker);
    const before = login.provider.tokenRequests;
    await until(() => expect(login.provider.tokenRequests).toBeGreaterThan(before + 2));
    expect((await ask(asker, SOME)).status).toBe(200);
    expect(await Promise.race([live.end, Promise.resolve('goes on')])).toBe('goes on');
  });

  it.each<[string, () => unknown]>([
    ['has no role any more', () => login.provider.people.set(LEAVER, { name: LEAVER, groups: ['none'] })],
    ['has no groups any more', () => login.provider.people.set(LEAVER, { name: LEAVER, groups: undefined })],
    ['is disabled at the provider', () => login.provider.people.delete(LEAVER)],
  ])('ends when the user %s', async (_name, change) => {
    const { asker } = await login.signIn(LEAVER, ['ops']);
    await using live = await follow(overSocket, asker);
    change();
    expect(await live.end).toContain('4403');
    expect((await ask(asker, SOME)).status).toBe(401);
    const ofLeaver = { where: { subject: LEAVER } };
    await until(async () => expect(await server.database.prisma.loginSession.count(ofLeaver)).toBe(0));
  });

  it('goes on as it is while the provider is away, or answers with a forged token', async () => {
    const { asker } = await login.signIn('alice', ['ops']);
    await using live = await follow(overSocket, asker);
    login.provider.rotates = false;
    login.provider.isDown = true;
    const before = checksFailed();
    await until(() => expect(checksFailed()).toBeGreaterThan(before));
    expect((await ask(asker, '{ apiKeys { name } }')).status).toBe(200);
    login.provider.forge = ({ claims }) => void (claims.iss = 'https://evil.example');
    login.provider.isDown = false;
    const forged = checksFailed();
    await until(() => expect(checksFailed()).toBeGreaterThan(forged + 1));
    login.provider.forge = null;
    expect(await Promise.race([live.end, Promise.resolve('goes on')])).toBe('goes on');
    expect((await ask(asker, '{ apiKeys { name } }')).status).toBe(200);
    login.provider.rotates = true;
  });
});

describe('a session that is not used', () => {
  it('is confirmed before it is let in again', async () => {
    const { asker } = await login.signIn('bob', ['ops']);
    login.provider.people.delete('bob');
    // Its rights are a second old before the provider is asked.
    await until(async () => expect((await ask(asker, SOME)).status).toBe(401));
  });
});

describe('a provider that gives no refresh tokens', () => {
  it('is asked at its userinfo endpoint, and the session ends with the access token', async () => {
    login.provider.givesRefreshTokens = false;
    const { asker } = await login.signIn('carol', ['ops']);
    login.provider.givesRefreshTokens = true;
    const stored = await server.database.prisma.loginSession.findFirst({ where: { subject: 'carol' } });
    const lifeMs = (stored?.expiresAt.getTime() ?? 0) - (stored?.createdAt.getTime() ?? 0);
    expect(lifeMs).toBeLessThan(700_000);
    login.provider.people.set('carol', { name: 'carol', groups: ['dev'] });
    await until(async () => expect((await ask(asker, '{ apiKeys { name } }')).status).toBe(403));
    login.provider.people.delete('carol');
    await until(async () => expect((await ask(asker, SOME)).status).toBe(401));
  });
});

async function linkOf(asker: Parameters<typeof ask>[0]): Promise<string> {
  const field = '{ link: metricDataDownload(filter: {}) { url } }';
  const { link } = await read<{ link: { url: string } }>(asker, field);
  return new URL(link.url, login.url).href;
}

describe('a download link', () => {
  it('ends with the session that asked for it', async () => {
    const visitor = await login.signIn('dora', ['ops']);
    const url = await linkOf(visitor.asker);
    expect((await fetch(url)).status).toBe(200);
    await visitor.request(`${login.url}/auth/logout`, { method: 'POST', headers: { origin: login.url } });
    expect((await fetch(url)).status).toBe(403);
  });
});

describe('a restart', () => {
  it('keeps sessions and their links, but for those whose role the settings no longer have', async () => {
    const { asker } = await login.signIn('erin', ['dev']);
    const { asker: stayer } = await login.signIn('gus', ['crew']);
    const [stays, hasOtherRights] = [await linkOf(stayer), await linkOf(asker)];
    const { asker: other } = await login.signIn('frank', ['ops']);
    await server.stop();
    const config = readConfig({
      ...login.settings,
      DATABASE_URL: server.database.connection,
      LAPWING_PORT: '0',
      LAPWING_GRAPHITE_PORT: '',
      LAPWING_HOST_METRICS: 'off',
      LAPWING_OIDC_ROLES: 'dev=READ+INGEST; admins=ADMIN; crew=READ',
    });
    const again = await startLapwing(config, createLog('silent'), {
      onLost: (error) => {
        throw error;
      },
    });
    try {
      login.leadTo(again.addresses.http ?? '');
      expect((await ask(asker, SOME)).status).toBe(200);
      expect((await ask(other, SOME)).status).toBe(401);
      expect((await fetch(stays)).status).toBe(200);
      expect((await fetch(hasOtherRights)).status).toBe(403);
      const push = 'mutation { putMetricData(input: { points: [] }) { accepted } }';
      expect((await ask(asker, push)).errors).toEqual([]);
    } finally {
      await again.stop();
    }
  });
});
