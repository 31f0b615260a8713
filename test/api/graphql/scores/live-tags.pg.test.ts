/** Scores of the metrics that have certain tags: live, by pages and as downloads. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { type LiveOperation, TRANSPORTS } from '../../../helpers/connect.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const START_MS = Date.UTC(2026, 0, 1);
const SCORES = `subscription Scores($filter: AnomalyScoreFilter, $after: String) {
  anomalyScores(filter: $filter, after: $after, lingerMs: 0) { cursor scores { value metric { name } } }
}`;
const PAGE = `query ($filter: MetricDataFilter!) {
  metricData(filter: $filter) { nodes { value } totalCount }
  ranked: metricData(filter: $filter, orderBy: ANOMALY) { nodes { value } }
  metricDataDownload(filter: $filter, format: CSV) { url }
}`;
const WIRES = TRANSPORTS.filter(({ name }) => name === 'WebSocket');

interface Event {
  readonly cursor: string;
  readonly scores: readonly { readonly value: number; readonly metric: { readonly name: string } }[];
}

let server: TestServer;
let minute = 0;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

async function monitor(name: string, resource?: string): Promise<void> {
  const spec = resource === undefined ? { name } : { name, resource };
  await server.engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec, model: { min: 0, max: 100 } });
}

/** One point a minute after the one before. */
async function put(metric: string, value: number): Promise<void> {
  const points = [{ metric, value, timestampMs: START_MS + 60_000 * ++minute }];
  expect(await server.engine.accept.acceptNamed(points)).toMatchObject({ accepted: 1 });
}

/** Events until so many scores have come. */
async function take(operation: LiveOperation, count: number) {
  const values: number[] = [];
  let cursor = '';
  while (values.length < count) {
    const { value, done } = await operation.next();
    expect(done).not.toBe(true);
    const { data, errors } = value as { data?: { anomalyScores: Event }; errors?: unknown };
    if (data == null) throw new Error(`no data: ${JSON.stringify(errors)}`);
    ({ cursor } = data.anomalyScores);
    values.push(...data.anomalyScores.scores.map((score) => score.value));
  }
  return { values, cursor };
}

describe.each(WIRES)('a subscription by tags over $name', ({ subscribe }) => {
  it('gives scores of metrics whose own tags match, also of one that is made later, and resumes by cursor', async () => {
    await monitor('cpu;app=shop;env=prod');
    await monitor('cpu;app=shop;env=test');
    const after = server.engine.live.head();
    const filter = {
      tags: [
        { key: 'env', values: ['prod', 'stag*'] },
        { key: 'tag:app', values: ['shop'] },
      ],
    };
    let cursor: string;
    {
      await using operation = subscribe(server, SCORES, { filter, after });
      await put('cpu;app=shop;env=test', 1);
      await put('cpu;env=prod;app=shop', 2);
      expect((await take(operation, 1)).values).toEqual([2]);
      // Nobody asked for its tags before; its first score comes as all others.
      await monitor('cpu;app=shop;env=staging');
      await put('cpu;app=shop;env=staging', 3);
      await put('cpu;app=shop;env=test', 4);
      await put('cpu;app=shop;env=prod', 5);
      const later = await take(operation, 2);
      expect(later.values).toEqual([3, 5]);
      ({ cursor } = later);
    }
    await put('cpu;app=shop;env=test', 6);
    await put('cpu;app=shop;env=prod', 7);
    await monitor('mem;app=shop;env=prod');
    await put('mem;app=shop;env=prod', 8);
    await using operation = subscribe(server, SCORES, { filter, after: cursor });
    expect((await take(operation, 2)).values).toEqual([7, 8]);
  });

  it('goes by the tags of the resource, and stops when these change', async () => {
    await monitor('cpu;host=web-1;tier=front');
    await monitor('disk', 'web-1');
    const after = server.engine.live.head();
    await using operation = subscribe(server, SCORES, {
      filter: { tags: [{ key: 'tier', values: ['front'] }] },
      after,
    });
    await put('disk', 10);
    await put('cpu;host=web-1;tier=front', 11);
    expect((await take(operation, 2)).values).toEqual([10, 11]);
    // Now the series of web-1 have the tier no longer in common: `disk` had it from there alone.
    await monitor('cpu;host=web-1;tier=back');
    await put('disk', 12);
    await put('cpu;host=web-1;tier=back', 13);
    await put('cpu;host=web-1;tier=front', 14);
    expect((await take(operation, 1)).values).toEqual([14]);
  });

  it.each([
    [{ tags: [] }, 'filter.tags: at least one filter is required'],
    [{ tags: [{ key: '', values: ['a'] }] }, 'filter.tags.0.key'],
    [{ tags: [{ key: 'a', values: [] }] }, 'filter.tags.0.values'],
    [{ tags: [{ key: 'a', values: ['\\'] }] }, 'filter.tags.0.values.0'],
  ])('%j is refused: %s', async (filter, message) => {
    await using operation = subscribe(server, SCORES, { filter });
    const refusal = await operation.next().catch((error: unknown) => error);
    expect(JSON.stringify(refusal)).toContain(message);
    expect(JSON.stringify(refusal)).toContain('INVALID_INPUT');
    const page = await ask(server, PAGE, { filter });
    expect(JSON.stringify(page)).toContain(message);
  });
});

it('metricData and metricDataDownload give the samples of metrics with these tags', async () => {
  await monitor('load;shelf=a');
  await monitor('load;shelf=b');
  await put('load;shelf=a', 20);
  await put('load;shelf=b', 21);
  await put('load;shelf=a', 22);
  const filter = { tags: [{ key: 'shelf', values: ['a'] }] };
  const { metricData, ranked, metricDataDownload } = await read<{
    metricData: { nodes: { value: number }[]; totalCount: number };
    ranked: { nodes: { value: number }[] };
    metricDataDownload: { url: string };
  }>(server, PAGE, { filter });
  expect(metricData).toEqual({ nodes: [{ value: 20 }, { value: 22 }], totalCount: 2 });
  expect(ranked.nodes.map(({ value }) => value).toSorted()).toEqual([20, 22]);
  const csv = await (await fetch(metricDataDownload.url)).text();
  expect(csv.match(/load;shelf=./g)).toEqual(['load;shelf=a', 'load;shelf=a']);
});
