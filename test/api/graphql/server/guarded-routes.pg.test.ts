/** Every route asks for a key, and takes it from wherever clients put it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../../helpers/ask.ts';
import type { TestServer } from '../../../helpers/start-server.ts';
import { ADMIN, type KeyedServer, type OpenSocket, SOME, startKeyedServer } from '../keyed-server.ts';

let keyed: KeyedServer;
let server: TestServer;

beforeAll(async () => {
  keyed = await startKeyedServer();
  server = keyed.server;
});

afterAll(() => keyed[Symbol.asyncDispose]());

describe('row 57: no or a wrong API key, at any protected call', () => {
  const bad = {
    missing: undefined,
    wrong: 'Bearer wrong',
    another: `Bearer lapwing_${'0'.repeat(12)}_${'0'.repeat(64)}`,
  };
  const routes: Readonly<Record<string, (headers: Record<string, string>) => Promise<Response>>> = {
    'a query by POST': (headers) =>
      fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ query: SOME }),
      }),
    'a query by GET': (headers) =>
      fetch(`${server.url}/graphql?query=${encodeURIComponent(SOME)}`, { headers }),
    'an event stream': (headers) =>
      fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query: 'subscription { metricStatus { id } }' }),
      }),
    'line protocol, version 2': (headers) =>
      fetch(`${server.url}/api/v2/write`, { method: 'POST', headers, body: 'm f=1' }),
    'line protocol, version 1': (headers) =>
      fetch(`${server.url}/write?db=x`, { method: 'POST', headers, body: 'm f=1' }),
    'remote write': (headers) => fetch(`${server.url}/api/v1/write`, { method: 'POST', headers, body: 'x' }),
    'a Pushgateway': (headers) =>
      fetch(`${server.url}/metrics/job/a`, { method: 'POST', headers, body: 'a 1' }),
    OTLP: (headers) => fetch(`${server.url}/v1/metrics`, { method: 'POST', headers, body: '{}' }),
    PromQL: (headers) => fetch(`${server.url}/prometheus/api/v1/query?query=1`, { headers }),
    '/metrics': (headers) => fetch(`${server.url}/metrics`, { headers }),
  };

  for (const [route, open] of Object.entries(routes)) {
    it.each(Object.entries(bad))(
      `is answered at ${route} with 401 and nothing else (%s)`,
      async (_what, authorization) => {
        const response = await open(authorization === undefined ? {} : { authorization });
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toBe('Bearer');
        expect(await response.text()).toMatch(
          /UNAUTHENTICATED|unauthorized|an API key is needed|is not valid/,
        );
      },
    );
  }

  it.each([[{}], [{ apiKey: 'wrong' }]])('closes a WebSocket with 4401 (%j)', async (params) => {
    await using socket = await keyed.openSocket(params);
    expect(socket.said).toBe(4401);
  });

  it('is answered alike for a key that is wrong, revoked or expired', async () => {
    const revoked = await keyed.createKey('revoked', ['READ']);
    await keyed.revoke(revoked.id);
    const expired = await keyed.createKey('expired', ['READ'], new Date(Date.now() + 60_000));
    await server.database.pool.query(`UPDATE api_key SET expires_at = now() - interval '1 s' WHERE id = $1`, [
      expired.id.slice('ApiKey:'.length),
    ]);
    const another = await keyed.createKey('another', ['READ']);
    const texts = await Promise.all(
      [revoked, { ...revoked, key: 'wrong' }].map(async (key) => (await ask(key, SOME)).text),
    );
    expect(new Set(texts).size).toBe(1);
    expect((await ask(expired, SOME)).text).toBe(texts[0]);
    expect((await ask(another, SOME)).status).toBe(200);
  });

  it('leaves health, readiness and the page of GraphiQL open', async () => {
    const statuses = await Promise.all(
      ['/health', '/ready', '/graphql'].map(
        async (path) => (await fetch(`${server.url}${path}`, { headers: { accept: 'text/html' } })).status,
      ),
    );
    expect(statuses).toEqual([200, 200, 200]);
  });
});

describe('a right key', () => {
  it.each([
    [{ authorization: `Bearer ${ADMIN}` }],
    [{ authorization: `Token ${ADMIN}` }],
    [{ 'x-api-key': ADMIN }],
    [{ authorization: `Basic ${Buffer.from(`u:${ADMIN}`).toString('base64')}` }],
  ])('is taken from the headers %j', async (headers) => {
    const answers = await Promise.all([
      fetch(`${server.url}/graphql?query=${encodeURIComponent(SOME)}`, { headers }),
      fetch(`${server.url}/api/v2/write`, { method: 'POST', headers, body: 'm f=1' }),
      fetch(`${server.url}/metrics`, { headers }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 204, 200]);
  });

  it.each([
    [{ apiKey: ADMIN }, {}],
    [{ authorization: `Bearer ${ADMIN}` }, {}],
    [{ headers: { 'x-api-key': ADMIN } }, {}],
    [{}, { authorization: `Bearer ${ADMIN}` }],
  ])('is taken by a WebSocket from %j and the headers %j', async (params, headers) => {
    await using socket = await keyed.openSocket(params, headers);
    expect(socket.said).toBe('acknowledged');
  });

  it('is shown once, stored nowhere, and known by its hash alone', async () => {
    const { key, id } = await keyed.createKey('once', ['READ']);
    const { rows } = await server.database.pool.query<{ row: string }>(
      'SELECT api_key::text AS row FROM api_key WHERE id = $1',
      [id.slice('ApiKey:'.length)],
    );
    expect(rows[0]?.row).not.toContain(key.slice(-64));
    const { text } = await ask(
      keyed.admin,
      '{ apiKeys(revoked: true) { id name scopes } auditLog { nodes { arguments } } }',
    );
    expect(text).toContain(id);
    expect(text).not.toContain(key.slice(-64));
  });
});

describe('wrong keys of one address', () => {
  it('are answered with 429 when they are many, at every route, and not to whoever is in already', async () => {
    await using guessed = await startKeyedServer();
    const inside = await guessed.createKey('inside', ['READ']);
    expect((await ask(inside, SOME)).status).toBe(200);
    const headers = { 'x-api-key': 'wrong' };
    const writes = () => fetch(`${guessed.server.url}/write`, { method: 'POST', headers, body: 'm f=1' });
    const asks = () => ask({ ...inside, key: 'wrong' }, SOME);
    const answers = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => (await (index % 2 === 0 ? writes() : asks())).status),
    );
    expect(new Set(answers)).toEqual(new Set([401, 429]));
    expect((await ask(inside, SOME)).status).toBe(200);
    expect(guessed.server.engine.stats.read('requests_refused')).toBe(300);
    // Nor to a key that comes for the first time: one that is made here is not guessed.
    expect((await ask(await guessed.createKey('new', ['READ']), SOME)).status).toBe(200);
  });

  it('lock nobody out when they have the form of keys: an agent with a revoked one is no guesser', async () => {
    await using guessed = await startKeyedServer();
    const revoked = await guessed.createKey('revoked', ['READ']);
    await guessed.revoke(revoked.id);
    const statuses = await Promise.all(
      Array.from({ length: 200 }, async () => (await ask(revoked, SOME)).status),
    );
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect((await ask(guessed.admin, SOME)).status).toBe(200);
  });

  it.each([{ authorization: 'Bearer ' }, { authorization: 'Bearer undefined' }, { 'x-api-key': '' }])(
    'are not made by a client without a key, which sends %j: the key of the settings is taken from its address',
    async (headers) => {
      await using guessed = await startKeyedServer();
      const { url } = guessed.server;
      const statuses = await Promise.all(
        Array.from({ length: 200 }, async () => (await ask({ url, headers }, SOME)).status),
      );
      expect(new Set(statuses)).toEqual(new Set([401]));
      expect((await ask(guessed.admin, SOME)).status).toBe(200);
    },
  );

  it('are those of a client behind a trusted proxy, and of no other client behind it', async () => {
    await using guessed = await startKeyedServer({ LAPWING_TRUSTED_PROXIES: '127.0.0.0/8' });
    const askFrom = async (client: string, key: string) => {
      const headers = { 'x-api-key': key, 'x-forwarded-for': client, 'content-type': 'application/json' };
      const body = JSON.stringify({ query: SOME });
      return (await fetch(`${guessed.server.url}/graphql`, { method: 'POST', headers, body })).status;
    };
    const guesses = await Promise.all(
      // What comes before the last address is the client's to make up.
      Array.from({ length: 200 }, (_, i) => askFrom(`10.0.0.${i}, 203.0.113.1`, 'wrong')),
    );
    expect(guesses).toContain(429);
    expect([await askFrom('203.0.113.1', ADMIN), await askFrom('203.0.113.2', ADMIN)]).toEqual([429, 200]);
  });
});

describe('sockets', () => {
  it('count for their key, wherever they come from, and for their address until they have named one', async () => {
    await using few = await startKeyedServer({ LAPWING_MAX_CONNECTIONS: '2' });
    const [a, b] = [await few.createKey('a', ['READ']), await few.createKey('b', ['READ'])];
    const sockets: OpenSocket[] = [];
    for (const { key } of [a, b, a, b, a]) sockets.push(await few.openSocket({ apiKey: key }));
    for (const socket of sockets) await socket[Symbol.asyncDispose]();
    // 1013: come back later.
    expect(sockets.map(({ said }) => said)).toEqual([
      'acknowledged',
      'acknowledged',
      'acknowledged',
      'acknowledged',
      1013,
    ]);
  });
});
