/** The subscriptions of the page, over a socket of a real server. */
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { keepSubscribed } from '../../src/web/api/keep-subscribed.ts';
import { followScores } from '../../src/web/api/score-feed.ts';
import { TypedDocumentString } from '../../src/web/generated/graphql.ts';
import { ask } from '../helpers/ask.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';

const document = new TypedDocumentString<{ metricStatus: object }, { ids: string[] | null }>(
  'subscription ($ids: [ID!]) { metricStatus(ids: $ids) { __typename } }',
);
let server: TestServer;

beforeAll(async () => {
  server = await startServer({ settings: { LAPWING_MAX_OPERATIONS_PER_SECOND: '1' } });
});
afterAll(() => server[Symbol.asyncDispose]());

function openClient() {
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  return Object.assign(client, { [Symbol.asyncDispose]: async () => client.dispose() });
}

const monitor = (name: string) =>
  server.engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model: { min: 0, max: 9 } });

it('what is refused because too much was asked at once is asked for again, until it stands', async () => {
  await using client = openClient();
  const refused = () => server.engine.stats.read('requests_over_limit');
  await until(async () => {
    await ask(server, '{ __typename }');
    expect(refused()).toBeGreaterThan(0);
  });
  const before = refused();
  const events: unknown[] = [];
  const waits: number[] = [];
  const end = keepSubscribed(
    client,
    { document, variables: { ids: null } },
    (data) => events.push(data),
    (failures) => {
      waits.push(failures);
      return 50;
    },
  );
  let metrics = 0;
  await until(async () => {
    await monitor(`m${metrics++}`);
    expect(events.at(-1)).not.toBeUndefined();
    expect(events.at(-1)).not.toBeNull();
  });
  end();
  expect(refused()).toBeGreaterThan(before);
  // Each try may have missed something, and waits by how many failed before.
  expect(events.filter((data) => data === null)).toHaveLength(waits.length);
  expect(waits).toEqual(waits.map((_, index) => index));
});

it('what the server ends with an error is asked for again, and no more once it is over', async () => {
  await using client = openClient();
  const variables = { ids: ['nonsense'] };
  let tries = 0;
  const end = keepSubscribed(
    client,
    { document, variables },
    () => (tries += 1),
    () => 0,
  );
  await until(() => expect(tries).toBeGreaterThan(1));
  end();
  const after = tries;
  // The socket answers in order: nothing was asked for behind the end.
  await new Promise<void>((resolve, reject) => {
    const sink = { next: () => undefined, error: reject, complete: resolve };
    client.subscribe({ query: '{ __typename }' }, sink);
  }).catch(() => undefined);
  expect(tries).toBe(after);
});

it('scores go on behind a cursor that is lost, once the view was told', async () => {
  await using client = openClient();
  const metricId = await monitor('lost');
  const seen: (string | number)[] = [];
  const feed = followScores(client, {
    after: 'no cursor',
    lingerMs: 0,
    metricIds: [`Metric:${metricId}`],
    onScores: (scores) => seen.push(...scores.map(({ value }) => value)),
    onLost: () => seen.push('lost'),
  });
  await until(() => expect(server.engine.live.subscriberCount()).toBe(1));
  await server.engine.accept.acceptNamed([{ metric: 'lost', timestampMs: 0, value: 5 }]);
  await until(() => expect(seen).toContain(5));
  feed.stop();
  expect(seen.slice(-2)).toEqual(['lost', 5]);
});
