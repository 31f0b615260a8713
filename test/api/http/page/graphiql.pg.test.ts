import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { Kind, OperationTypeNode, parse } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GRAPHIQL_TABS } from '../../../../src/api/http/page/graphiql-tabs.ts';
import { TRANSPORTS } from '../../../helpers/connect.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server[Symbol.asyncDispose]());

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** As the bytes come: fetch would unpack them. */
function get(path: string, headers: Record<string, string>): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

test('a browser gets the page, packed, and not a second time', async () => {
  const first = await get('/graphql', { ...BROWSER, 'accept-encoding': 'gzip, br' });
  expect(first.status).toBe(200);
  expect(first.headers).toMatchObject({
    'content-encoding': 'gzip',
    'content-type': 'text/html; charset=utf-8',
  });
  expect(first.body.length).toBeLessThan(3_000_000);
  const html = gunzipSync(first.body).toString();
  expect(html).toContain('<title>Lapwing</title>');
  // Whatever else is in its nine megabytes, the browser is told to fetch nothing.
  expect(html).not.toMatch(/<(?:script|link|img|iframe)[^>]+(?:src|href)=["'](?:https?:)?\/\//);
  const again = await get('/graphql', {
    ...BROWSER,
    'accept-encoding': 'gzip',
    'if-none-match': String(first.headers.etag),
  });
  expect(again.status).toBe(304);
  expect(again.body.length).toBe(0);
});

test('a browser that cannot unpack gets it as it is', async () => {
  const { headers, body } = await get('/graphql?operationName=x', BROWSER);
  expect(headers['content-encoding']).toBeUndefined();
  expect(body.toString()).toContain('<title>Lapwing</title>');
});

test('whoever asks a query gets its answer, not the page', async () => {
  const { status, body } = await get(`/graphql?query=${encodeURIComponent('{ __typename }')}`, BROWSER);
  expect(status).toBe(200);
  expect(body.toString()).toBe('{"data":{"__typename":"Query"}}');
});

test('LAPWING_GRAPHIQL=off leaves the page out', async () => {
  await using bare = await startServer({ settings: { LAPWING_GRAPHIQL: 'off' } });
  const response = await fetch(`${bare.url}/graphql`, { headers: BROWSER });
  expect(await response.text()).not.toContain('<title>');
});

test('the first tab has a live subscription and a query; every operation of every tab runs', async () => {
  const operations = GRAPHIQL_TABS.map((text) =>
    parse(text).definitions.flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION ? [definition] : [],
    ),
  );
  expect(operations[0]?.map(({ operation }) => operation)).toEqual(['subscription', 'query']);
  for (const [index, query] of GRAPHIQL_TABS.entries()) {
    for (const { operation, name } of operations[index] ?? []) {
      if (operation === OperationTypeNode.SUBSCRIPTION) continue;
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, operationName: name?.value }),
      });
      const answer = (await response.json()) as { data?: object; errors?: unknown };
      expect(answer.errors).toBeUndefined();
      expect(JSON.stringify(answer.data)).not.toContain('Error');
    }
  }
  const [socket] = TRANSPORTS;
  if (socket === undefined) throw new Error('no transport');
  await using live = socket.subscribe(server, GRAPHIQL_TABS[0] ?? '', undefined, 'Live');
  const event = live.next();
  await until(() => expect(server.engine.live.subscriberCount()).toBe(1));
  const point = { metric: 'demo.orders', timestampMs: Date.UTC(2026, 0, 2), value: 7 };
  await server.engine.accept.acceptNamed([point]);
  expect((await event).value).toMatchObject({
    data: { anomalyScores: { scores: [{ value: 7, metric: { name: 'demo.orders' } }] } },
  });
});
