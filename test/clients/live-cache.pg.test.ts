/** Clients with normalised caches: live scores complete the samples on screen, and a cut connection loses none. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { read } from '../helpers/ask.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { createApollo } from './apollo.ts';
import { startCuttingProxy } from './cutting-proxy.ts';
import { type LiveClient, type Sample, WIRES } from './live-client.ts';
import { createUrql } from './urql.ts';

const START_MS = Date.UTC(2026, 0, 1);
const UNSCORED = 5;
const CLIENTS = [
  { name: 'Apollo Client', create: createApollo },
  { name: 'urql', create: createUrql },
] as const;
const CASES = [
  ...CLIENTS.flatMap(({ name, create }) =>
    WIRES.map((wire) => ({
      name: `${name} over ${wire.name}`,
      open: (queryUrl: string, liveUrl: string) => create(queryUrl, liveUrl, wire),
    })),
  ),
  {
    name: 'Apollo Client by itself, over multipart HTTP',
    open: (queryUrl: string, liveUrl: string) => createApollo(queryUrl, liveUrl, null),
  },
];

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  // There is a log to have a cursor of.
  await monitor('first', { min: 0, max: 9 });
  await push('first', 0, 1);
});

afterAll(() => server[Symbol.asyncDispose]());

async function monitor(name: string, model: object): Promise<string> {
  const id = await server.engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model });
  return `Metric:${id}`;
}

async function push(metric: string, from: number, to: number): Promise<void> {
  const points = Array.from({ length: to - from }, (_, index) => ({
    metric,
    timestampMs: START_MS + (from + index) * 60_000,
    value: (from + index) % 9,
  }));
  expect((await server.engine.accept.acceptNamed(points)).rejected).toEqual([]);
}

async function readEnd(): Promise<string> {
  const { metricData } = await read<{ metricData: { pageInfo: { endCursor: string } } }>(
    server,
    '{ metricData(filter: {}, first: 1000) { pageInfo { endCursor } } }',
  );
  return metricData.pageInfo.endCursor;
}

/** Follows as a page does: after every cut it subscribes again behind the last cursor. */
class Follower {
  readonly rowIds: number[] = [];
  resumed = -1;
  readonly #client: LiveClient;
  readonly #filter: Readonly<Record<string, unknown>>;
  #cursor: string;
  #end: () => void = () => undefined;
  #isOver = false;

  constructor(client: LiveClient, cursor: string, filter: Readonly<Record<string, unknown>>) {
    this.#client = client;
    this.#cursor = cursor;
    this.#filter = filter;
  }

  begin(): void {
    let isEnded = false;
    this.resumed += 1;
    this.#end = this.#client.subscribe(
      { after: this.#cursor, filter: this.#filter },
      ({ cursor, scores }) => {
        this.#cursor = cursor;
        this.rowIds.push(...scores.map(({ rowId }) => rowId));
      },
      () => {
        if (isEnded || this.#isOver) return;
        isEnded = true;
        this.#end();
        this.begin();
      },
    );
  }

  stop(): void {
    this.#isOver = true;
    this.#end();
  }
}

describe.each(CASES)('$name', ({ name, open }) => {
  it('scores the samples on screen by their ids, and after cuts goes on without a gap or a repeat', async () => {
    await using proxy = await startCuttingProxy(server.url);
    const client = open(server.url, proxy.url);
    // Without bounds it waits for more rows: what there is has no scores yet.
    const series = `load;client=${name}`;
    const id = await monitor(series, {});
    await push(series, 0, UNSCORED);
    let shown: readonly Sample[] = [];
    client.mount(id, (samples) => (shown = samples));
    await until(() => expect(shown).toHaveLength(UNSCORED));
    const unscored = shown;
    expect(unscored.map(({ anomalyScore }) => anomalyScore)).toEqual(Array(UNSCORED).fill(null));

    const follower = new Follower(client, await readEnd(), { tags: [{ key: 'client', values: [name] }] });
    follower.begin();
    await read(
      server,
      'mutation ($input: UpdateMetricInput!) { updateMetric(input: $input) { ... on Metric { id } } }',
      { input: { id, model: { min: 0, max: 9 } } },
    );
    await until(() => expect(shown.every(({ anomalyScore }) => anomalyScore !== null)).toBe(true));
    expect(shown.map((sample) => ({ ...sample, anomalyScore: null }))).toEqual(unscored);

    let rows = UNSCORED;
    for (let step = 0; step < 8; step += 1) {
      // Cut before, while and after there is something to send.
      if (step % 3 === 0) proxy.cut();
      const pushed = push(series, rows, rows + 5);
      if (step % 3 === 1) proxy.cut();
      await pushed;
      if (step % 3 === 2) proxy.cut();
      rows += 5;
      await until(() => expect(follower.rowIds).toHaveLength(rows));
    }
    expect(follower.rowIds).toEqual(Array.from({ length: rows }, (_, index) => index + 1));
    expect(follower.resumed).toBeGreaterThan(4);
    // A cache tells the page a moment later.
    await until(() => expect(shown.map(({ rowId }) => rowId)).toEqual(follower.rowIds));
    expect(shown.every(({ anomalyScore }) => anomalyScore !== null)).toBe(true);
    // The list was asked for once; all else came live.
    expect(client.requests()).toBe(1);
    follower.stop();
    client.stop();
  });
});
