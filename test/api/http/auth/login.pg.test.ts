/** People sign in through a real provider: what lets them in, and what does not. */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../../helpers/ask.ts';
import { TRANSPORTS } from '../../../helpers/connect.ts';
import { type LoginSetup, prepareLogin, Visitor } from '../../../helpers/login.ts';
import type { IdTokenParts } from '../../../helpers/oidc-provider.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';

const SOME = '{ serverInfo { version } }';
const CALLBACK = '/auth/callback';
const SESSION = 'lapwing-session';

let login: LoginSetup;
let server: TestServer;

beforeAll(async () => {
  // Nobody is asked again by itself within the tests.
  login = await prepareLogin('ops=ADMIN; dev=READ@team-a; CN=push,OU=all=INGEST+READ', {
    LAPWING_OIDC_REFRESH_SECONDS: '3600',
  });
  server = await startServer({ settings: login.settings });
  login.leadTo(server.url);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await login[Symbol.asyncDispose]();
});

beforeEach(() => {
  login.provider.forge = null;
  login.provider.isDown = false;
  login.provider.people.set('alice', { name: 'alice', groups: ['ops'] });
  login.provider.next = 'alice';
});

const count = (reason: string) =>
  server.engine.stats
    .snapshot()
    .find((reading) => reading.name === 'logins_refused' && reading.reason === reason)?.value;

describe('a user', () => {
  it('gets in with the rights of the first role they have', async () => {
    const both = await login.signIn('alice', ['nothing', 'dev', 'ops']);
    expect(JSON.parse((await both.request(`${login.url}/auth/session`)).text)).toEqual({
      login: { name: 'Test ID', url: `${login.url}/auth/login` },
      user: { name: 'alice', scopes: ['ADMIN'] },
    });
    expect((await ask(both.asker, '{ apiKeys { name } }')).data).toEqual({ apiKeys: [] });
    expect((await ask(server, SOME)).status).toBe(401);
    const dev = await login.signIn('bob', ['dev']);
    expect((await ask(dev.asker, '{ apiKeys { name } }')).status).toBe(403);
    expect((await ask(dev.asker, SOME)).errors).toEqual([]);
    const ldap = await login.signIn('carol', ['CN=push,OU=all']);
    expect(
      (await ask(ldap.asker, 'mutation { putMetricData(input: { points: [] }) { accepted } }')).status,
    ).toBe(200);
  });

  it.each([
    [['guests', '<b>'], '[&quot;guests&quot;,&quot;&lt;b&gt;&quot;]'],
    [[], 'no value'],
    [undefined, 'no value'],
  ])('without a role does not get in, and is told which claim came with what: %j', async (groups, shown) => {
    login.provider.people.set('alice', { name: 'alice', groups });
    const visitor = new Visitor();
    const { status, text } = await visitor.open(`${login.url}/auth/login`);
    expect(status).toBe(403);
    expect(text).toContain(`the claim groups came with ${shown}`);
    expect(visitor.cookies(login.url)).toBe('');
  });

  it('who is refused by the provider is told so', async () => {
    login.provider.next = null;
    const { status, text } = await new Visitor().open(`${login.url}/auth/login`);
    expect({ status, text }).toMatchObject({
      status: 403,
      text: expect.stringContaining('the user said no') as string,
    });
  });

  it('is told when the provider is away, and gets in when it is back', async () => {
    const url = await new Visitor().request(`${login.url}/auth/login`);
    expect(url.status).toBe(302);
    const visitor = new Visitor();
    const callback = await visitor.openUntil(`${login.url}/auth/login`, `${login.url}${CALLBACK}`);
    login.provider.isDown = true;
    const away = await visitor.request(callback);
    expect(away).toMatchObject({ status: 503, text: expect.stringContaining('cannot be reached') as string });
    login.provider.isDown = false;
    expect((await login.signIn('alice', ['ops'])).cookies(login.url)).toContain(SESSION);
  });

  it('who signs out is out at once, in every stream, and at the provider too', async () => {
    const visitor = await login.signIn('gina', ['ops']);
    await using live = TRANSPORTS[0]?.subscribe(visitor.asker, 'subscription { anomalyScores { cursor } }');
    const end = live?.next().then(
      ({ value }) => JSON.stringify(value),
      (error: unknown) => JSON.stringify(error, ['code', 'reason']),
    );
    await until(() => expect(server.engine.live.subscriberCount()).toBe(1));
    const foreign = await visitor.request(`${login.url}/auth/logout`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
    });
    expect(foreign.status).toBe(403);
    const out = await visitor.request(`${login.url}/auth/logout`, {
      method: 'POST',
      headers: { origin: login.url },
    });
    expect(out.status).toBe(200);
    expect(await end).toContain('4403');
    expect((await ask(visitor.asker, SOME)).status).toBe(401);
    expect(visitor.cookies(login.url)).toBe('');
    expect(await server.database.prisma.loginSession.count({ where: { userName: 'alice' } })).toBeLessThan(
      20,
    );
    // The provider knows whom it signs out, and sends them back.
    const { location } = JSON.parse(out.text) as { location: string };
    const form = await visitor.request(location);
    expect(location.startsWith(`${login.provider.issuer}/session/end?id_token_hint=`)).toBe(true);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(form.text)?.[1] ?? '';
    const back = await visitor.request(`${login.provider.issuer}/session/end/confirm`, {
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    });
    expect(back.headers.get('location')).toBe(`${login.url}/`);
  });

  it('is named in the audit log, which can be searched for them', async () => {
    const { asker } = await login.signIn('dora', ['ops']);
    await ask(asker, 'mutation { deleteMetrics(input: { ids: [] }) { __typename } }');
    const { data } = await ask(
      asker,
      '{ auditLog(filter: { userIds: ["dora"] }) { nodes { field keyName userId apiKeyId } } }',
    );
    expect(data).toEqual({
      auditLog: { nodes: [{ field: 'deleteMetrics', keyName: 'dora', userId: 'dora', apiKeyId: null }] },
    });
  });

  it('has twenty sessions at most: the oldest one ends', async () => {
    const first = await login.signIn('erin', ['dev']);
    const others = [];
    for (let count = 0; count < 20; count += 1) others.push(await login.signIn('erin', ['dev']));
    expect((await ask(first.asker, SOME)).status).toBe(401);
    for (const { asker } of [others[0], others[19]].filter((one) => one !== undefined)) {
      expect((await ask(asker, SOME)).status).toBe(200);
    }
  });
});

describe('an ID token', () => {
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
  it.each<[string, (token: IdTokenParts) => unknown, RegExp]>([
    ['that somebody else signed', (token) => void (token.key = stranger), /signature/],
    ['without a signature', ({ header }) => void (header.alg = 'none'), /alg/],
    ['signed with a key that is not known', ({ header }) => void (header.kid = 'another'), /key/],
    ['of another issuer', ({ claims }) => void (claims.iss = 'https://evil.example'), /iss/],
    ['for another client', ({ claims }) => void (claims.aud = 'another'), /audience/],
    // OpenID Connect Core, 3.1.3.7: of several audiences azp says whose it is.
    ['for several, of which none is said', ({ claims }) => void (claims.aud = ['lapwing', 'b']), /audiences/],
    ['of another login', ({ claims }) => void (claims.nonce = 'another'), /nonce/],
    ['without a nonce', ({ claims }) => delete claims.nonce, /nonce/],
    ['that has expired', ({ claims }) => void (claims.exp = inSeconds(-60)), /exp.*are the clocks/],
    ['of the future', ({ claims }) => void (claims.nbf = inSeconds(600)), /nbf.*are the clocks/],
  ])('%s lets nobody in, and it is said why', async (_name, forge, why) => {
    login.provider.forge = forge;
    const before = count('bad_answer') ?? 0;
    const visitor = new Visitor();
    const { status, text } = await visitor.open(`${login.url}/auth/login`);
    expect(status).toBe(502);
    expect(/<p>(.*)<\/p>/.exec(text)?.[1]).toMatch(why);
    expect(visitor.cookies(login.url)).toBe('');
    expect(count('bad_answer')).toBe(before + 1);
  });

  it.each<[string, (token: IdTokenParts) => unknown]>([
    [
      'for several clients, of which it is said to be this one',
      ({ claims }) => Object.assign(claims, { aud: [claims.aud, 'b'], azp: claims.aud }),
    ],
    [
      'of a clock that is 20 s ahead',
      ({ claims }) => Object.assign(claims, { iat: inSeconds(20), nbf: inSeconds(20) }),
    ],
    [
      'of a clock that is 20 s behind',
      ({ claims }) => Object.assign(claims, { iat: inSeconds(-50), exp: inSeconds(-20) }),
    ],
    ['without the id of its key', ({ header }) => delete header.kid],
  ])('%s lets them in', async (_name, forge) => {
    login.provider.forge = forge;
    expect((await login.signIn('alice', ['ops'])).cookies(login.url)).toContain(SESSION);
  });

  it('that is signed again as it was lets them in', async () => {
    login.provider.forge = () => undefined;
    expect((await login.signIn('alice', ['ops'])).cookies(login.url)).toContain(SESSION);
  });
});

describe('the way back from the provider', () => {
  const comeBack = async (change: (url: URL, visitor: Visitor) => unknown) => {
    const visitor = new Visitor();
    const url = new URL(await visitor.openUntil(`${login.url}/auth/login`, `${login.url}${CALLBACK}`));
    await change(url, visitor);
    const { status } = await visitor.request(url.href);
    return { status, cookies: visitor.cookies(login.url) };
  };

  it.each<[string, number, (url: URL, visitor: Visitor) => unknown]>([
    ['with another state', 400, ({ searchParams }) => searchParams.set('state', 'another')],
    ['without a state', 400, ({ searchParams }) => searchParams.delete('state')],
    ['of another issuer', 502, ({ searchParams }) => searchParams.set('iss', 'https://evil.example')],
    ['with a code that was never given', 403, ({ searchParams }) => searchParams.set('code', 'guessed')],
    ['without a code', 502, ({ searchParams }) => searchParams.delete('code')],
    [
      'in a browser that did not begin it',
      400,
      (_url, visitor) => visitor.set(login.url, 'lapwing-login', 'A'.repeat(200)),
    ],
    ['a second time', 400, (url, visitor) => visitor.request(url.href)],
  ])('%s lets nobody in', async (name, status, change) => {
    const result = await comeBack(change);
    expect(result.status).toBe(status);
    // The first time it did.
    if (name !== 'a second time') expect(result.cookies).not.toContain(SESSION);
  });

  it('leads each tab of a browser in that was signing in, the second as the first', async () => {
    const visitor = new Visitor();
    const begin = async () =>
      (await visitor.request(`${login.url}/auth/login`)).headers.get('location') ?? '';
    const tabs = [await begin(), await begin()];
    for (const tab of tabs) {
      const callback = await visitor.openUntil(tab, `${login.url}${CALLBACK}`);
      expect((await visitor.request(callback)).status).toBe(302);
    }
    expect(visitor.cookies(login.url)).toContain(SESSION);
    expect(visitor.cookies(login.url)).not.toContain('lapwing-login');
  });

  it('of one browser is worth nothing in another, though its code is right', async () => {
    const victim = new Visitor();
    await victim.request(`${login.url}/auth/login`);
    const attacker = new Visitor();
    const url = await attacker.openUntil(`${login.url}/auth/login`, `${login.url}${CALLBACK}`);
    expect((await victim.request(url)).status).toBe(400);
    expect(victim.cookies(login.url)).not.toContain(SESSION);
  });

  it('never takes up a session the browser had: a planted one is worth nothing, one of before ends', async () => {
    const planted = 'A'.repeat(43);
    const visitor = new Visitor();
    visitor.set(login.url, SESSION, planted);
    await visitor.open(`${login.url}/auth/login`);
    const first = visitor.cookies(login.url);
    expect(first).not.toContain(planted);
    const asWith = (cookie: string) => ask({ url: login.url, headers: { cookie, origin: login.url } }, SOME);
    expect((await asWith(`${SESSION}=${planted}`)).status).toBe(401);
    expect((await asWith(first)).status).toBe(200);
    await visitor.open(`${login.url}/auth/login`);
    expect((await asWith(first)).status).toBe(401);
    expect((await asWith(visitor.cookies(login.url))).status).toBe(200);
  });

  it.each([
    ['/incidents?show=ALL#x', '/incidents?show=ALL#x'],
    ['https://evil.example/', '/'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['/..//evil.example', '/'],
    ['/.//evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['/auth/login', '/'],
    ['', '/'],
    ['/?q=поиск', `/?q=${encodeURIComponent('поиск')}`],
    // Encoded it is longer than a cookie may be.
    [`/?q=${'ж'.repeat(900)}`, '/'],
    [`/?q=${'a'.repeat(5000)}`, '/'],
  ])('leads to a page of this server, for %j', async (wanted, got) => {
    const visitor = new Visitor();
    const begin = `${login.url}/auth/login?return=${encodeURIComponent(wanted)}`;
    const callback = await visitor.openUntil(begin, `${login.url}${CALLBACK}`);
    expect((await visitor.request(callback)).headers.get('location')).toBe(`${login.url}${got}`);
  });
});

describe('the cookie', () => {
  it('is for this server alone, and not for scripts', async () => {
    const visitor = new Visitor();
    const callback = await visitor.openUntil(`${login.url}/auth/login`, `${login.url}${CALLBACK}`);
    const { headers } = await visitor.request(callback);
    expect(headers.getSetCookie()).toEqual([
      'lapwing-login=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
      expect.stringMatching(/^lapwing-session=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax$/),
    ]);
  });

  it('counts only with the word of a browser that a page of this server asks', async () => {
    const { asker } = await login.signIn('alice', ['ops']);
    const { cookie = '' } = asker.headers ?? {};
    const statusWith = async (headers: Record<string, string>) =>
      (await ask({ url: login.url, headers: { cookie, ...headers } }, SOME)).status;
    expect(await statusWith({ origin: login.url })).toBe(200);
    expect(await statusWith({ origin: login.url, 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await statusWith({ 'sec-fetch-site': 'same-origin' })).toBe(200);
    for (const headers of [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${login.url}1` },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: login.url, 'sec-fetch-site': 'cross-site' },
    ]) {
      expect(await statusWith(headers)).toBe(401);
    }
  });

  it('opens /graphql alone, and a key beside it counts first', async () => {
    const { asker } = await login.signIn('alice', ['ops']);
    const headers = { ...asker.headers };
    expect((await fetch(`${login.url}/metrics`, { headers })).status).toBe(401);
    const write = await fetch(`${login.url}/api/v2/write`, { method: 'POST', headers, body: 'a value=1' });
    expect(write.status).toBe(401);
    expect((await ask({ ...asker, key: 'wrong' }, SOME)).status).toBe(401);
  });

  it('is in the database as a hash, and its tokens open with the cookie alone', async () => {
    const { asker } = await login.signIn('frank', ['dev']);
    const [, secret = ''] = /lapwing-session=([\w-]+)/.exec(asker.headers?.cookie ?? '') ?? [];
    const [row] = await server.database.prisma.loginSession.findMany({ where: { subject: 'frank' } });
    const text = JSON.stringify(row, (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );
    expect(secret).toHaveLength(43);
    expect(text).not.toContain(secret);
    expect(text).not.toContain('refreshToken');
  });
});

describe('an address', () => {
  it('that comes back again and again with what is no login is made to wait', async () => {
    const statuses = new Set<number>();
    while (!statuses.has(429)) statuses.add((await fetch(`${login.url}${CALLBACK}?state=a`)).status);
    expect([...statuses]).toEqual([400, 429]);
  });
});
