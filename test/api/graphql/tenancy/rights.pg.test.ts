/** What a key or a user may do, by root field, and that it ends with the key. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { TRANSPORTS } from '../../../helpers/connect.ts';
import { type Asker, type LoginSetup, prepareLogin } from '../../../helpers/login.ts';
import type { TestServer } from '../../../helpers/start-server.ts';
import { type KeyedServer, SOME, startKeyedServer } from '../keyed-server.ts';

let login: LoginSetup;
let keyed: KeyedServer;
let server: TestServer;

beforeAll(async () => {
  login = await prepareLogin('INGEST=INGEST; READ=READ; WRITE=WRITE; ADMIN=ADMIN');
  keyed = await startKeyedServer(login.settings);
  server = keyed.server;
  login.leadTo(server.url);
});

afterAll(async () => {
  await keyed[Symbol.asyncDispose]();
  await login[Symbol.asyncDispose]();
});

/** Somebody with one scope, by each way in. */
const CALLERS: Readonly<Record<string, (scope: string) => Promise<Asker>>> = {
  'a key': (scope) => keyed.createKey(`rights ${Math.random()}`, [scope]),
  'a user': async (scope) => (await login.signIn(`somebody with ${scope}`, [scope])).asker,
};

describe.each(Object.entries(CALLERS))('rights of %s', (_who, create) => {
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
    const { status, errors, data } = await ask(await create(scope), query);
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
      const caller = await create('INGEST');
      await using live = transport.subscribe(caller, 'subscription { metricStatus { id } }');
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
    const key = await keyed.createKey(`running ${transport.name}`, ['READ']);
    await untilSubscribers(0);
    await using live = transport.subscribe(key, 'subscription { anomalyScores { cursor } }');
    const first = live.next().then(
      ({ value }) => JSON.stringify(value),
      (error: unknown) => JSON.stringify(error, ['code', 'reason', 'message']),
    );
    await untilSubscribers(1);
    await keyed.revoke(key.id);
    expect(await first).toMatch(/4403|FORBIDDEN/);
    await untilSubscribers(0);
  });

  it.each(TRANSPORTS)('goes on over $name when another key is revoked', async (transport) => {
    const name = `kept ${transport.name}`;
    const [kept, other] = [
      await keyed.createKey(name, ['READ']),
      await keyed.createKey(`other ${transport.name}`, ['READ']),
    ];
    await untilSubscribers(0);
    await using live = transport.subscribe(
      kept,
      'subscription { anomalyScores(lingerMs: 0) { scores { value } } }',
    );
    const first = live.next();
    await untilSubscribers(1);
    await keyed.revoke(other.id);
    await read(
      keyed.admin,
      `mutation { monitorMetric(input: { spec: { custom: { name: "${name}" } }, model: { min: 0, max: 9 } }) { __typename } }`,
    );
    await read(
      keyed.admin,
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
