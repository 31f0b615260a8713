/** Keys at every door, rights by root field, what is cut off, what is written down. */
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { insertKey } from '../../src/access/key-store.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { startLapwing } from '../../src/server.ts';
import { ask, read } from '../helpers/ask.ts';
import { TRANSPORTS } from '../helpers/connect.ts';
import { withDatabase } from '../helpers/database.ts';
import { createDeferred } from '../helpers/deferred.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';

const ADMIN = 'an-admin-key-of-the-settings';
const SOME = '{ serverInfo { version } }';

let server: TestServer;
let admin: { url: string; key: string };

beforeAll(async () => {
  server = await startServer({ settings: { LAPWING_API_KEY: ADMIN } });
  admin = { url: server.url, key: ADMIN };
});

afterAll(() => server[Symbol.asyncDispose]());

async function createKey(name: string, scopes: readonly string[], expiresAt: Date | null = null) {
  const { createApiKey } = await read<{ createApiKey: { secret: string; apiKey: { id: string } } }>(
    admin,
    'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on CreatedApiKey { secret apiKey { id } } } }',
    { input: { name, scopes, expiresAt } },
  );
  return { url: server.url, key: createApiKey.secret, id: createApiKey.apiKey.id };
}

const revoke = (id: string) =>
  read(admin, 'mutation($id: ID!) { revokeApiKey(input: { id: $id }) { __typename } }', { id });

/** How a socket that says so in connection_init is answered: its close code, or `acknowledged`. */
async function openSocket(connectionParams: Record<string, unknown>, headers: Record<string, string> = {}) {
  const outcome = createDeferred<number | string>();
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols, { headers });
      }
    },
    connectionParams,
    retryAttempts: 0,
    lazy: false,
    on: {
      connected: () => outcome.resolve('acknowledged'),
      closed: (event) => outcome.resolve((event as { code: number }).code),
    },
    onNonLazyError: () => undefined,
  });
  const said = await outcome.promise;
  await client.dispose();
  return said;
}

describe('row 57: no or a wrong API key, at any protected call', () => {
  const bad = {
    missing: undefined,
    wrong: 'Bearer wrong',
    another: `Bearer lapwing_${'0'.repeat(12)}_${'0'.repeat(64)}`,
  };
  const doors: Readonly<Record<string, (headers: Record<string, string>) => Promise<Response>>> = {
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
    '/metrics': (headers) => fetch(`${server.url}/metrics`, { headers }),
  };

  for (const [door, open] of Object.entries(doors)) {
    it.each(Object.entries(bad))(
      `is answered at ${door} with 401 and nothing else (%s)`,
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
    expect(await openSocket(params)).toBe(4401);
  });

  it('is answered alike for a key that is wrong, revoked or expired', async () => {
    const revoked = await createKey('revoked', ['READ']);
    await revoke(revoked.id);
    const expired = await createKey('expired', ['READ'], new Date(Date.now() + 60_000));
    await server.database.pool.query(`UPDATE api_key SET expires_at = now() - interval '1 s' WHERE id = $1`, [
      expired.id,
    ]);
    const another = await createKey('another', ['READ']);
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
    expect(await openSocket(params, headers)).toBe('acknowledged');
  });

  it('is shown once, stored nowhere, and known by its hash alone', async () => {
    const { key, id } = await createKey('once', ['READ']);
    const { rows } = await server.database.pool.query<{ row: string }>(
      'SELECT api_key::text AS row FROM api_key WHERE id = $1',
      [id],
    );
    expect(rows[0]?.row).not.toContain(key.slice(-64));
    const { text } = await ask(
      admin,
      '{ apiKeys(revoked: true) { id name scopes } auditLog { nodes { arguments } } }',
    );
    expect(text).toContain(id);
    expect(text).not.toContain(key.slice(-64));
  });
});

describe('rights', () => {
  it.each([
    ['READ', SOME, null],
    ['READ', '{ __schema { queryType { name } } }', null],
    ['INGEST', '{ __typename }', null],
    ['INGEST', SOME, 'READ'],
    ['INGEST', 'mutation { putMetricData(input: { points: [] }) { accepted } }', null],
    ['READ', 'mutation { putMetricData(input: { points: [] }) { accepted } }', 'INGEST'],
    ['READ', 'mutation { deleteMetrics(input: { ids: [] }) { __typename } }', 'WRITE'],
    ['WRITE', 'mutation { deleteMetrics(input: { ids: [] }) { __typename } }', null],
    ['WRITE', 'mutation { putMetricData(input: { points: [] }) { accepted } }', null],
    ['WRITE', 'mutation { setMonitoringFlush(input: { seconds: 1 }) { __typename } }', 'ADMIN'],
    ['WRITE', '{ apiKeys { name } }', 'ADMIN'],
    ['READ', 'query { ...F } fragment F on Query { x: apiKeys { name } }', 'ADMIN'],
    ['READ', 'query { ... on Query { ... { auditLog @skip(if: true) { nodes { field } } } } }', 'ADMIN'],
    ['READ', `query A ${SOME} query B { apiKeys { name } }`, 'no operation'],
    ['INGEST', 'subscription { metricStatus { id } }', 'READ'],
  ])('of %s: %s needs %s more', async (scope, query, needed) => {
    const key = await createKey(`rights ${Math.random()}`, [scope]);
    const { status, errors, data } = await ask(key, query);
    if (needed === null) {
      expect({ status, errors }).toEqual({ status: 200, errors: [] });
      return;
    }
    expect(data ?? null).toBeNull();
    if (needed === 'no operation') return;
    expect({ status, code: errors[0]?.extensions?.code }).toEqual({ status: 403, code: 'FORBIDDEN' });
    expect(errors[0]?.message).toContain(needed);
  });

  it.each(TRANSPORTS)(
    'hold over $name, too, and a refusal does not cost the connection',
    async (transport) => {
      const key = await createKey(`over ${transport.name}`, ['INGEST']);
      await using live = transport.subscribe(key, 'subscription { metricStatus { id } }');
      const outcome = await live.next().then(
        ({ value }) => JSON.stringify(value),
        (error: unknown) => (error instanceof Error ? error.message : JSON.stringify(error)),
      );
      expect(outcome).toMatch(/FORBIDDEN|403/);
    },
  );
});

describe('a running subscription', () => {
  it.each(TRANSPORTS)('ends over $name when its key is revoked', async (transport) => {
    const key = await createKey(`running ${transport.name}`, ['READ']);
    await untilSubscribers(0);
    await using live = transport.subscribe(key, 'subscription { anomalyScores { cursor } }');
    const first = live.next().then(
      ({ value }) => JSON.stringify(value),
      (error: unknown) => JSON.stringify(error, ['code', 'reason', 'message']),
    );
    await untilSubscribers(1);
    await revoke(key.id);
    expect(await first).toMatch(/4403|FORBIDDEN/);
    await untilSubscribers(0);
  });

  it.each(TRANSPORTS)('goes on over $name when another key is revoked', async (transport) => {
    const name = `kept ${transport.name}`;
    const [kept, other] = [
      await createKey(name, ['READ']),
      await createKey(`other ${transport.name}`, ['READ']),
    ];
    await untilSubscribers(0);
    await using live = transport.subscribe(
      kept,
      'subscription { anomalyScores(lingerMs: 0) { scores { value } } }',
    );
    const first = live.next();
    await untilSubscribers(1);
    await revoke(other.id);
    await read(
      admin,
      `mutation { monitorMetric(input: { spec: { custom: { name: "${name}" } }, model: { min: 0, max: 9 } }) { __typename } }`,
    );
    await read(
      admin,
      `mutation { putMetricData(input: { points: [{ metric: "${name}", timestamp: "2026-01-01T00:00:00Z", value: 3 }] }) { accepted } }`,
    );
    expect((await first).value).toEqual({ data: { anomalyScores: { scores: [{ value: 3 }] } } });
  });

  async function untilSubscribers(count: number) {
    while (server.engine.live.subscriberCount() !== count) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
});

describe('the audit log', () => {
  it('has who did what, with which result, and no pushed points', async () => {
    const writer = await createKey('writer', ['WRITE']);
    await read(writer, 'mutation { putMetricData(input: { points: [] }) { accepted } }');
    const { headers } = await ask(
      writer,
      'mutation { unmonitorMetric(input: { id: "Metric:00000000-0000-0000-0000-000000000000" }) { __typename } }',
    );
    await ask(writer, 'mutation { revokeApiKey(input: { id: "x" }) { __typename } }');
    await ask(writer, 'mutation { unmonitorMetric(input: { id: "nonsense" }) { __typename } }');
    const { auditLog } = await read<{ auditLog: { nodes: unknown[] } }>(
      admin,
      'query($keyId: String) { auditLog(keyId: $keyId) { nodes { keyId keyName field arguments result requestId } } }',
      { keyId: writer.id },
    );
    const who = { keyId: writer.id, keyName: 'writer', requestId: expect.any(String) as string };
    expect(auditLog.nodes).toEqual([
      {
        ...who,
        field: 'unmonitorMetric',
        arguments: { input: { id: 'nonsense' } },
        result: 'InvalidInputError',
      },
      { ...who, field: 'revokeApiKey', arguments: {}, result: 'FORBIDDEN' },
      {
        ...who,
        field: 'unmonitorMetric',
        arguments: { input: { id: 'Metric:00000000-0000-0000-0000-000000000000' } },
        result: 'NotFoundError',
        requestId: headers.get('x-request-id'),
      },
    ]);
    expect(server.engine.stats.read('audit_ingest_mutations')).toBeGreaterThan(0);
  });

  it('is read by pages, the newest first', async () => {
    const page = '{ auditLog(first: 2) { nodes { at } pageInfo { hasNextPage endCursor } } }';
    const { auditLog } = await read<{
      auditLog: { nodes: { at: string }[]; pageInfo: { hasNextPage: boolean } };
    }>(admin, page);
    const times = auditLog.nodes.map(({ at }) => at);
    expect(times).toHaveLength(2);
    expect(times.toSorted().toReversed()).toEqual(times);
    expect(auditLog.pageInfo.hasNextPage).toBe(true);
  });
});

describe('a server without a key', () => {
  it('is open on loopback to its own names alone, until a key is made beside it', async () => {
    await using open = await startServer({ settings: { LAPWING_ALLOWED_HOSTS: 'lapwing.lan' } });
    const statusAs = (host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        import('node:http')
          .then(({ get }) =>
            get(
              `${open.url}/graphql?query=${encodeURIComponent(SOME)}`,
              { headers: { host } },
              (response) => {
                response.resume();
                resolve(response.statusCode);
              },
            ).on('error', reject),
          )
          .catch(reject);
      });
    expect(await statusAs('localhost:4000')).toBe(200);
    expect(await statusAs('lapwing.lan')).toBe(200);
    expect(await statusAs('evil.example')).toBe(421);
    const refused = await ask(
      open,
      'mutation { createApiKey(input: { name: "r", scopes: [READ] }) { __typename ... on Error { message } } }',
    );
    expect(refused.text).toMatch(/InvalidInputError.*ADMIN/);
    const { key } = await insertKey(open.database.prisma, {
      name: 'beside',
      scopes: ['ADMIN'],
      account: null,
      expiresAt: null,
    });
    // The server reads the keys again twice a second.
    while ((await fetch(`${open.url}/metrics`)).status === 200);
    expect((await ask(open, SOME)).status).toBe(401);
    expect((await ask({ ...open, key }, SOME)).status).toBe(200);
    // Its name does not matter any more: a page of another site has no key.
    expect(await statusAs('evil.example')).toBe(401);
    await open.database.prisma.apiKey.updateMany({ data: { revokedAt: new Date() } });
    while ((await fetch(`${open.url}/metrics`, { headers: { 'x-api-key': key } })).status === 200);
    expect((await ask(open, SOME)).status).toBe(401);
  });

  it('makes one and shows it once where others can reach it, and does not start where it cannot', async () => {
    await using database = await withDatabase();
    const config = readConfig({
      DATABASE_URL: database.connection,
      LAPWING_HOST: '0.0.0.0',
      LAPWING_PORT: '0',
      LAPWING_GRAPHITE_PORT: '0',
      LAPWING_HOST_METRICS: 'off',
    });
    const shown: string[] = [];
    const start = (showKey?: (key: string) => void) =>
      startLapwing(config, createLog('silent'), {
        onLost: () => undefined,
        ...(showKey === undefined ? {} : { showKey }),
      });
    await expect(start()).rejects.toThrow(/LAPWING_HOST=0.0.0.0 .* lapwing key create/);
    const first = await start((key) => shown.push(key));
    const url = (first.addresses.http ?? '').replace('0.0.0.0', '127.0.0.1').replace(/\/$/, '');
    const statuses = [
      (await ask({ url }, SOME)).status,
      (await ask({ url, key: shown[0] ?? '' }, SOME)).status,
    ];
    // Graphite knows no keys.
    const { graphite } = first.addresses;
    await first.stop();
    expect({ statuses, graphite }).toEqual({
      statuses: [401, 200],
      graphite: expect.stringContaining('tcp://127.0.0.1:') as string,
    });
    const second = await start((key) => shown.push(key));
    await second.stop();
    expect(shown).toHaveLength(1);
    await database.prisma.apiKey.updateMany({ data: { revokedAt: new Date() } });
    await expect(start((key) => shown.push(key))).rejects.toThrow(/no valid key/);
  });
});
