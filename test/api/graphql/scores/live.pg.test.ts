import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { read } from '../../../helpers/ask.ts';
import { type LiveOperation, TRANSPORTS } from '../../../helpers/connect.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { anyNumber } from '../../../helpers/matchers.ts';
import { until } from '../../../helpers/until.ts';

const START_MS = Date.UTC(2026, 0, 1);
const SCORES = `subscription Scores($filter: AnomalyScoreFilter, $after: String, $maxBatch: Int, $lingerMs: Int = 0) {
  anomalyScores(filter: $filter, after: $after, maxBatch: $maxBatch, lingerMs: $lingerMs) {
    prev cursor lag scores { rowId value anomalyScore expected { low } metric { id name } }
  }
}`;

interface Scores {
  readonly prev: string;
  readonly cursor: string;
  readonly lag: number;
  readonly scores: readonly {
    readonly rowId: number;
    readonly value: number;
    readonly metric: { readonly name: string };
  }[];
}

let server: TestServer;
let minute = 0;

beforeAll(async () => {
  server = await startServer();
  for (const name of ['a', 'b']) {
    await server.engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name },
      model: { min: 0, max: 100 },
    });
  }
});

afterAll(() => server[Symbol.asyncDispose]());

/** Puts one point per value, a minute apart. */
async function put(metric: string, ...values: readonly number[]): Promise<void> {
  const points = values.map((value) => ({ metric, value, timestampMs: START_MS + 60_000 * ++minute }));
  expect(await server.engine.accept.acceptNamed(points)).toMatchObject({ accepted: points.length });
}

async function nextScores(operation: LiveOperation): Promise<Scores> {
  const { value, done } = await operation.next();
  expect(done).not.toBe(true);
  const { data, errors } = value as { data?: { anomalyScores: Scores }; errors?: unknown };
  if (data == null) throw new Error(`no data: ${JSON.stringify(errors)}`);
  return data.anomalyScores;
}

const head = () => server.engine.live.head();
const subscribers = (count: number) => until(() => expect(server.engine.live.subscriberCount()).toBe(count));

async function countDeliveries(transport: string): Promise<number> {
  const families = await server.engine.stats.readLatencies();
  const found = families
    .find(({ name }) => name === 'lapwing_subscription_delivery_seconds')
    ?.samples.find(({ suffix, labels }) => suffix === '_count' && labels.transport === transport);
  return found?.value ?? 0;
}

describe.each(TRANSPORTS)('over $name', ({ name, subscribe }) => {
  test('scores arrive as they are made', async () => {
    await using operation = subscribe(server, SCORES, { maxBatch: null, lingerMs: null });
    const pending = operation.next();
    await subscribers(1);
    const before = head();
    await put('a', 1, 2);
    const { value } = await pending;
    expect(value).toMatchObject({
      data: {
        anomalyScores: {
          prev: before,
          cursor: head(),
          lag: 0,
          scores: [
            {
              value: 1,
              anomalyScore: anyNumber,
              expected: { low: anyNumber },
              metric: { name: 'a' },
            },
            { value: 2 },
          ],
        },
      },
    });
    await put('b', 3);
    expect(await nextScores(operation)).toMatchObject({ scores: [{ value: 3, metric: { name: 'b' } }] });
  });

  test('how long scores took from their commit is counted, and what is replayed is not', async () => {
    const transport = name === 'WebSocket' ? 'websocket' : 'sse';
    const from = head();
    await put('a', 20);
    await using operation = subscribe(server, SCORES, { after: from });
    const before = await countDeliveries(transport);
    expect(await nextScores(operation)).toMatchObject({ scores: [{ value: 20 }] });
    const pending = operation.next();
    await put('a', 21);
    expect((await pending).value).toMatchObject({ data: { anomalyScores: { scores: [{ value: 21 }] } } });
    await until(async () => expect(await countDeliveries(transport)).toBe(before + 1));
  });

  test('a client that comes back with its cursor misses nothing and sees nothing twice', async () => {
    const from = head();
    await put('a', 10, 11, 12);
    const seen: number[] = [];
    let cursor: string;
    {
      await using operation = subscribe(server, SCORES, { after: from, maxBatch: 2 });
      const first = await nextScores(operation);
      expect(first.prev).toBe(from);
      expect(first.scores.length).toBeLessThanOrEqual(2);
      seen.push(...first.scores.map(({ value }) => value));
      ({ cursor } = first);
    }
    await subscribers(0);
    await put('a', 13, 14);
    await using operation = subscribe(server, SCORES, { after: cursor, maxBatch: 2 });
    while (seen.length < 5) {
      const event = await nextScores(operation);
      expect(event.prev).toBe(cursor);
      ({ cursor } = event);
      seen.push(...event.scores.map(({ value }) => value));
    }
    const pending = operation.next();
    await put('a', 15);
    expect((await pending).value).toMatchObject({
      data: { anomalyScores: { prev: cursor, scores: [{ value: 15 }] } },
    });
    expect(seen).toEqual([10, 11, 12, 13, 14]);
  });

  test('a filter lets through what it says', async () => {
    const { metrics } = await read<{ metrics: { nodes: { id: string }[] } }>(
      server,
      '{ metrics(filter: { nameContains: "b" }) { nodes { id } } }',
    );
    await using operation = subscribe(server, SCORES, {
      filter: { metricIds: [metrics.nodes[0]?.id] },
      after: head(),
    });
    const pending = operation.next();
    await put('a', 20);
    await put('b', 21);
    expect((await pending).value).toMatchObject({
      data: { anomalyScores: { scores: [{ value: 21, metric: { name: 'b' } }] } },
    });
  });

  test('a client that goes away is forgotten at once', async () => {
    {
      await using operation = subscribe(server, SCORES);
      const pending = operation.next();
      pending.catch(() => undefined);
      await subscribers(1);
    }
    await subscribers(0);
  });

  test.each([
    [{ after: 'v1.0123.5' }, 'CURSOR_INVALID'],
    [{ after: 'nonsense' }, 'CURSOR_INVALID'],
    [{ maxBatch: 0 }, 'INVALID_INPUT'],
    [{ maxBatch: 1001 }, 'INVALID_INPUT'],
    [{ lingerMs: -1 }, 'INVALID_INPUT'],
    [{ filter: { metricIds: ['Metric:1'] } }, 'INVALID_INPUT'],
  ])('%o is refused as %s', async (variables, code) => {
    await using operation = subscribe(server, SCORES, variables);
    const refusal = await operation.next().catch((error: unknown) => error);
    expect(JSON.stringify(refusal)).toContain(code);
    await subscribers(0);
  });

  test('metricStatus tells a change of status once, and deleted metrics no more', async () => {
    const { monitor } = server.engine;
    await using operation = subscribe(server, 'subscription { metricStatus { name status } }');
    const pending = operation.next();
    const doomed = await monitor.createMetric('CUSTOM', { name: 'doomed' });
    const heard = { isOver: false };
    const first = pending.finally(() => (heard.isOver = true));
    // There is no count of these subscribers: a change is made again until the first is heard.
    while (!heard.isOver) {
      await monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: 'doomed' } });
      await monitor.unmonitorMetric(doomed);
    }
    expect((await first).value).toMatchObject({ data: { metricStatus: { name: 'doomed' } } });
    await monitor.deleteMetric(doomed);
    const id = await monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: 'last' } });
    let result = await operation.next();
    while (JSON.stringify(result).includes('doomed')) result = await operation.next();
    expect(result.value).toEqual({ data: { metricStatus: { name: 'last', status: 'PENDING_DATA' } } });
    await monitor.deleteMetric(id);
  });
});
