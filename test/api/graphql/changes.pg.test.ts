/** Subscriptions to incidents, notifications and the status of metrics, cut at every event and resumed by their cursor. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { EventSource } from 'eventsource';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, read } from '../../helpers/ask.ts';
import { TRANSPORTS, type LiveResult, type Transport } from '../../helpers/connect.ts';
import { withDatabase } from '../../helpers/database.ts';
import { startServerProcess } from '../../helpers/server-process.ts';
import { startServer, type TestServer } from '../../helpers/start-server.ts';
import { until } from '../../helpers/until.ts';

const METRICS = 4;
const names = Array.from({ length: METRICS }, (_, index) => `web.latency${index}`);
const SUBSCRIPTIONS = {
  incidents: `subscription ($after: String, $filter: IncidentFilter) {
    incidents(after: $after, filter: $filter) { id changeCursor state seen metricName }
  }`,
  notifications: `subscription ($after: String, $filter: NotificationFilter) {
    notifications(after: $after, filter: $filter) { id changeCursor state kind lastError }
  }`,
  metricStatus: `subscription ($after: String, $filter: MetricStatusFilter) {
    metricStatus(after: $after, filter: $filter) { id changeCursor status name }
  }`,
} as const;
const TABLES = { incidents: 'incident', notifications: 'notification', metricStatus: 'metric' } as const;
const FIELDS = ['incidents', 'notifications', 'metricStatus'] as const;
type Field = (typeof FIELDS)[number];

interface Event {
  readonly id: string;
  readonly changeCursor: string;
  readonly state?: string;
  readonly status?: string;
  readonly seen?: boolean;
  readonly name?: string;
}

/** Takes what is sent to it, or refuses it. */
const receiver = createServer((request, response) => {
  request.resume();
  response.writeHead(isTaking ? 200 : 500).end();
});
let isTaking = true;
let server: TestServer;
let incidentIds: readonly string[];

beforeAll(async () => {
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  server = await startServer({ settings: { LAPWING_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8' } });
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  await read(server, CREATE_RULE, {
    input: { name: 'web', channels: [{ webhook: { url, secret: 'a secret of twenty-four!' } }] },
  });
  for (const name of names) await read(server, MONITOR, { name });
  await pushSpikes();
  await until(async () => {
    const { rows } = await server.database.pool.query<{ id: string }>('SELECT id FROM incident');
    expect(rows).toHaveLength(METRICS);
    incidentIds = rows.map(({ id }) => `Incident:${id}`);
  });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  receiver.closeAllConnections();
  receiver.close();
});

const CREATE_RULE = `mutation ($input: CreateNotificationRuleInput!) {
  createNotificationRule(input: $input) { __typename ... on Error { message } }
}`;
const MONITOR = `mutation ($name: String!) {
  monitorMetric(input: { spec: { custom: { name: $name } }, model: { min: 0, max: 1000 } }) { __typename ... on Metric { id } }
}`;
const UNMONITOR = `mutation ($id: ID!) { unmonitorMetric(input: { id: $id }) { __typename } }`;
const MARK = `mutation ($ids: [ID!]!, $seen: Boolean!) { markIncidentsSeen(input: { ids: $ids, seen: $seen }) { __typename } }`;
const SEEN = `query ($id: ID!) { incident(id: $id) { seen } }`;
const RETRY = `mutation ($id: ID!) { retryNotification(input: { id: $id }) { __typename } }`;
const PUT = `mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }`;

async function pushSpikes(): Promise<void> {
  const now = Date.now();
  for (const metric of names) {
    const points = Array.from({ length: 400 }, (_, i) => ({
      metric,
      timestamp: new Date(now - (400 - i) * 300_000).toISOString(),
      value: i === 399 ? 900 : 50 + 10 * Math.sin(i / 20) + ((i * 7919) % 13) / 4,
    }));
    await read(server, PUT, { points });
  }
}

async function readCursor(target: { readonly url: string }): Promise<string> {
  const answer = await read<{ serverInfo: { changeCursor: string } }>(
    target,
    '{ serverInfo { changeCursor } }',
  );
  return answer.serverInfo.changeCursor;
}

function readEvent(field: Field, result: IteratorResult<LiveResult, unknown>): Event {
  const { data, errors } = result.value as LiveResult;
  if (data == null) throw new Error(`no data: ${JSON.stringify(errors)}`);
  return data[field] as Event;
}

/** Connects, takes one event and cuts the connection. */
async function takeOne(
  target: { readonly url: string },
  { transport, field, after }: { transport: Transport; field: Field; after: string | null },
): Promise<Event> {
  await using operation = transport.subscribe(target, SUBSCRIPTIONS[field], { after });
  return readEvent(field, await operation.next());
}

const numberOf = ({ changeCursor }: Pick<Event, 'changeCursor'>) => Number(changeCursor.split('.')[2]);

/** Ids with the numbers of their last changes, in the order of these. */
async function readStored(field: Field, after: string): Promise<readonly (readonly [string, number])[]> {
  const typename = { incidents: 'Incident', notifications: 'Notification', metricStatus: 'Metric' }[field];
  const { rows } = await server.database.pool.query<{ id: string; number: number }>(
    `SELECT id, change_number::int AS number FROM ${TABLES[field]} WHERE change_number > $1 ORDER BY change_number`,
    [Number(after.split('.')[2])],
  );
  return rows.map(({ id, number }) => [`${typename}:${id}`, number]);
}

let extra = 0;

/** Something that changes what the subscription is about, `step` by `step`. */
const CHANGE: Readonly<Record<Field, (step: number) => Promise<void>>> = {
  incidents: async (step) => {
    const id = incidentIds[step % METRICS];
    const { incident } = await read<{ incident: { seen: boolean } }>(server, SEEN, { id });
    await read(server, MARK, { ids: [id], seen: !incident.seen });
  },
  notifications: async () => {
    isTaking = !isTaking;
    const failed = await server.database.pool.query<{ id: string }>(
      `UPDATE notification SET state = 'FAILED' WHERE id = (SELECT id FROM notification ORDER BY random() LIMIT 1) RETURNING id`,
    );
    await read(server, RETRY, { id: `Notification:${failed.rows[0]?.id ?? ''}` });
  },
  metricStatus: async () => {
    extra += 1;
    await read(server, MONITOR, { name: `extra${extra}` });
  },
};

describe.each(TRANSPORTS)('over $name', (transport) => {
  test.each(FIELDS)(
    '%s, cut at every event while it goes on, misses no change and repeats none',
    async (field) => {
      const start = await readCursor(server);
      const events: Event[] = [];
      let cursor = start;
      // Each change in the midst of things: before, while and after the client is away.
      for (let step = 0; step < 12; step += 1) {
        const [event] = await Promise.all([
          takeOne(server, { transport, field, after: cursor }),
          CHANGE[field](step),
        ]);
        events.push(event);
        cursor = event.changeCursor;
      }
      await until(async () => {
        const { rowCount } = await server.database.pool.query(
          `SELECT FROM notification WHERE state = 'WAITING' AND due_at <= now()`,
        );
        expect(rowCount).toBe(0);
      });
      // To the end of what is stored, still cut at every event. Delivery is retried meanwhile, so the end and
      // what is compared with are one reading.
      let stored = await readStored(field, start);
      while (stored.some(([, number]) => number > numberOf({ changeCursor: cursor }))) {
        const event = await takeOne(server, { transport, field, after: cursor });
        events.push(event);
        cursor = event.changeCursor;
        stored = await readStored(field, start);
      }
      const numbers = events.map(numberOf);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
      const last = new Map(events.map((event) => [event.id, numberOf(event)]));
      expect([...last].toSorted(([, a], [, b]) => a - b)).toEqual(stored);
      expect(events.length).toBeGreaterThanOrEqual(12);
    },
  );

  test('changes made one by one come one by one, and only those the filter lets through', async () => {
    const after = await readCursor(server);
    const [one, two] = incidentIds;
    for (const ids of [[one], [two], [one]]) {
      await read(server, MARK, { ids, seen: true });
      await read(server, MARK, { ids, seen: false });
    }
    const filter = { ids: [two] };
    await using operation = transport.subscribe(server, SUBSCRIPTIONS.incidents, { after, filter });
    expect(readEvent('incidents', await operation.next())).toMatchObject({ id: two, seen: false });
    await read(server, MARK, { ids: [one], seen: true });
    await read(server, MARK, { ids: [two], seen: true });
    expect(readEvent('incidents', await operation.next())).toMatchObject({ id: two, seen: true });
    // The same again is no change.
    await read(server, MARK, { ids: [two], seen: true });
    await read(server, MARK, { ids: [two], seen: false });
    expect(readEvent('incidents', await operation.next())).toMatchObject({ id: two, seen: false });
    await read(server, MARK, { ids: [one], seen: false });
  });

  test('metricStatus takes a filter, and sends what became so while the client was away', async () => {
    const after = await readCursor(server);
    const ids = new Map<string, string>();
    for (const name of ['kept', 'left']) {
      const answer = await read<{ monitorMetric: { id: string } }>(server, MONITOR, { name });
      ids.set(name, answer.monitorMetric.id);
    }
    await read(server, UNMONITOR, { id: ids.get('left') });
    const subscribe = (filter: object) =>
      transport.subscribe(server, SUBSCRIPTIONS.metricStatus, { after, filter });
    await using left = subscribe({ statuses: ['UNMONITORED'], sources: ['CUSTOM'] });
    expect(readEvent('metricStatus', await left.next())).toMatchObject({ name: 'left' });
    await using kept = subscribe({ names: ['kept'], servers: ['kept'], ids: [ids.get('kept')] });
    expect(readEvent('metricStatus', await kept.next())).toMatchObject({ name: 'kept' });
    await read(server, UNMONITOR, { id: ids.get('kept') });
    expect(readEvent('metricStatus', await kept.next())).toMatchObject({ status: 'UNMONITORED' });
  });

  test.each([
    ['v1.abc.1', 'CURSOR_INVALID'],
    ['nonsense', 'CURSOR_INVALID'],
    ['c1.abc.1', 'CURSOR_INVALID'],
  ])('the cursor %s is refused at once by each of them', async (after, code) => {
    for (const field of FIELDS) {
      await using operation = transport.subscribe(server, SUBSCRIPTIONS[field], { after });
      const refused = await operation.next().then(
        ({ value }) => JSON.stringify(value),
        (error: unknown) => JSON.stringify(error),
      );
      expect(refused).toContain(code);
    }
  });
});

test('an EventSource resumes by itself: the cursor is the id of the event', async () => {
  const after = await readCursor(server);
  const query = 'subscription ($after: String) { metricStatus(after: $after) { changeCursor name } }';
  const url = `${server.url}/graphql?query=${encodeURIComponent(query)}&variables=${encodeURIComponent(JSON.stringify({ after }))}`;
  const listen = async (headers: Record<string, string>, count: number) => {
    const events: { id: string; name: string }[] = [];
    const source = new EventSource(url, {
      fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
    });
    source.addEventListener('next', ({ data, lastEventId }) => {
      const { metricStatus } = (JSON.parse(String(data)) as { data: { metricStatus: { name: string } } })
        .data;
      events.push({ id: lastEventId, name: metricStatus.name });
    });
    await until(() => expect(events).toHaveLength(count));
    source.close();
    return events;
  };
  for (const name of ['es1', 'es2']) await read(server, MONITOR, { name });
  const events = await listen({}, 2);
  expect(events.map(({ name }) => name)).toEqual(['es1', 'es2']);
  expect(events.at(-1)?.id).toBe(await readCursor(server));
  // The address still has the first cursor: the header goes before it.
  const [resumed] = await listen({ 'last-event-id': events[0]?.id ?? '' }, 1);
  expect(resumed?.name).toBe('es2');
});

test('a server that is killed and started again goes on behind the cursor', async () => {
  await using database = await withDatabase();
  const settings = {
    DATABASE_URL: database.connection,
    LAPWING_PORT: '0',
    LAPWING_GRAPHITE_PORT: '',
    LAPWING_HOST_METRICS: 'off',
  };
  const start = async () => {
    const process = await startServerProcess(settings);
    const target = { url: (process.addresses.http ?? '').replace(/\/$/, '') };
    return { process, target, [Symbol.asyncDispose]: () => process.kill() };
  };
  await using first = await start();
  let after = await readCursor(first.target);
  for (const name of ['one', 'two', 'three']) await read(first.target, MONITOR, { name });
  const [transport] = TRANSPORTS;
  if (transport === undefined) throw new Error('there is no transport');
  const seen = [await takeOne(first.target, { transport, field: 'metricStatus', after })];
  after = seen[0]?.changeCursor ?? '';
  await first.process.kill();
  await using second = await start();
  await read(second.target, MONITOR, { name: 'four' });
  for (const other of [...TRANSPORTS, transport]) {
    const event = await takeOne(second.target, { transport: other, field: 'metricStatus', after });
    seen.push(event);
    after = event.changeCursor;
  }
  expect(seen.map(({ name }) => name)).toEqual(['one', 'two', 'three', 'four']);
  const { errors } = await ask(second.target, '{ serverInfo { changeCursor } }');
  expect(errors).toEqual([]);
  expect(after).toBe(await readCursor(second.target));
});
