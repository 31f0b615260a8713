/** Every field of the API, asked for by everybody who may ask: with a key of one account, with one of all, and with none. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSchema } from '../../../../src/api/graphql/schema.ts';
import { ask, read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { ADMIN, startKeyedServer } from '../keyed-server.ts';
import { writeArguments } from '../whole-arguments.ts';
import { listTypeQueries } from '../whole-schema.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');
const UNTIL_MS = START_MS + 3 * 3_600_000;
const ACCOUNT = 'shop';
const CALLERS = ['a key of one account', 'a key of all accounts', 'no key on an open server'] as const;
type Name = (typeof CALLERS)[number];
interface Caller {
  readonly url: string;
  readonly key?: string;
  /** Of a metric it may see, which is monitored and has bars. */
  readonly metricId: string;
}

const callers = new Map<Name, Caller>();
const servers: AsyncDisposable[] = [];

beforeAll(async () => {
  const keyed = await startKeyedServer(SETTINGS);
  const open = await startServer({ settings: SETTINGS });
  servers.push(keyed, open);
  const { createApiKey } = await read<{ createApiKey: { secret: string } }>(
    keyed.admin,
    `mutation { createApiKey(input: { name: "a", scopes: [WRITE], account: "${ACCOUNT}" }) { ... on CreatedApiKey { secret } } }`,
  );
  const asked = [
    [CALLERS[0], keyed.server, { url: keyed.server.url, key: createApiKey.secret }],
    [CALLERS[1], keyed.server, { url: keyed.server.url, key: ADMIN }],
    [CALLERS[2], open, { url: open.url }],
  ] as const;
  for (const [name, server, caller] of asked) {
    callers.set(name, { ...caller, metricId: await makeMetric(server, caller) });
  }
});

afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]();
});

/** Lists within lists have no size of their own to keep the cost down. */
const SETTINGS = { LAPWING_MAX_COST: '1000000' };

/** A metric with scores, bars, an annotation and a label. */
async function makeMetric(server: TestServer, caller: { url: string; key?: string }): Promise<string> {
  const name = `${caller.key ?? 'open'}.m`.slice(-20);
  const points = Array.from({ length: 300 }, (_, i) => ({
    metric: name,
    timestamp: new Date(START_MS + i * 60_000),
    value: (i % 7) + (i === 290 ? 1_000 : 0),
  }));
  await read(
    caller,
    'mutation($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }',
    {
      points,
    },
  );
  const { monitorMetric } = await read<{ monitorMetric: { id: string } }>(
    caller,
    'mutation($name: String!) { monitorMetric(input: { spec: { custom: { name: $name } }, model: { min: 0, max: 2000 } }) { ... on Metric { id } } }',
    { name },
  );
  const { id } = monitorMetric;
  const changes = server.engine.statusFeed.subscribe([id.replace('Metric:', '')]);
  while (server.engine.registry.byId(id.replace('Metric:', ''))?.status !== 'ACTIVE') await changes.next();
  await changes.return?.();
  await read(
    caller,
    `mutation($id: ID!, $at: DateTime!) {
      labelAnomaly(input: { metricId: $id, from: $at, to: $at, label: NORMAL }) { __typename } }`,
    { id, at: new Date(START_MS) },
  );
  return id;
}

/** What an answer may say in place of data: nobody is to blame but who asked. */
const EXPECTED = ['NOT_FOUND', 'NOT_SUPPORTED', 'INVALID_INPUT', 'SOURCE_UNAVAILABLE', 'FORBIDDEN'];

describe.each(CALLERS)('%s', (name) => {
  test('gets an answer to every field of every type', async () => {
    const caller = callers.get(name);
    if (caller === undefined) throw new Error('no such caller');
    const queries = listTypeQueries(
      createSchema(),
      writeArguments({ metricId: caller.metricId, startMs: START_MS, untilMs: UNTIL_MS }),
    );
    expect(new Set(queries.map(({ type }) => type)).size).toBeGreaterThan(60);
    const wrong: string[] = [];
    for (const { type, query } of queries) {
      const { errors } = await ask(caller, query);
      for (const { message, extensions } of errors) {
        const code = String(extensions?.code);
        if (!EXPECTED.includes(code)) wrong.push(`${type}: ${code} ${message} of ${query}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('sees the bars of its metric, which are read as arrays', async () => {
    const { url = '', key, metricId } = callers.get(name) ?? {};
    const { metric } = await read<{ metric: { bars: { count: number }[] } }>(
      { url, ...(key === undefined ? {} : { key }) },
      'query($id: ID!, $until: DateTime!) { metric(id: $id) { bars(until: $until, window: HOURS) { count } } }',
      { id: metricId, until: new Date(UNTIL_MS) },
    );
    expect(metric.bars).toHaveLength(24);
    expect(metric.bars.filter(({ count }) => count > 0).length).toBeGreaterThan(0);
  });
});
