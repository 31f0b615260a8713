/** Every finite double is stored and scored with finite numbers, whatever came before it, whichever way it comes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { read } from '../../helpers/ask.ts';
import { fc } from '../../helpers/property.ts';
import { untilStatus } from '../../helpers/start-engine.ts';
import { startServer, type TestServer } from '../../helpers/start-server.ts';
import { PROTOCOLS, FURTHER_PROTOCOLS, type PushProtocol, type Point } from './push-protocols.ts';

const START = Date.parse('2026-01-05T00:00:00Z');
const MINUTE = 60_000;
const LARGEST = Number.MAX_VALUE;
const RUNS = 25;

const extreme = fc.constantFrom(
  LARGEST,
  -LARGEST,
  1e308,
  -1e308,
  1e40,
  -1e40,
  1e39,
  5e-324,
  -5e-324,
  -0,
  0,
  2 ** 360,
);
const ordinary = fc.double({ min: 0, max: 100, noNaN: true });
const any = fc.double({ noNaN: true, noDefaultInfinity: true });
/** Mostly ordinary with some absurd ones; all absurd; alternating; far from 0; hardly anything. */
const sequences = fc.oneof(
  fc.array(fc.oneof({ weight: 9, arbitrary: ordinary }, { weight: 1, arbitrary: extreme }), {
    minLength: 20,
    maxLength: 60,
  }),
  fc.array(fc.oneof(extreme, any), { minLength: 2, maxLength: 40 }),
  fc
    .tuple(extreme, extreme, fc.nat(40))
    .map(([a, b, n]) => Array.from({ length: n + 2 }, (_, i) => (i % 2 ? a : b))),
  fc
    .tuple(any, fc.array(ordinary, { minLength: 2, maxLength: 40 }))
    .map(([far, all]) => all.map((v) => far + v)),
  fc.array(fc.constantFrom(5e-324, 1e-320, 0, -1e-310), { minLength: 2, maxLength: 40 }),
);

interface Node {
  readonly status: string;
  readonly message: string | null;
  readonly latest: { readonly value: number; readonly expected: object | null } | null;
  readonly data: {
    readonly nodes: readonly { readonly value: number; readonly anomalyScore: number | null }[];
  };
  readonly series: { readonly expectedLow: readonly (number | null)[] };
}

const READ = `query ($name: String!) {
  metrics(filter: { nameContains: $name }) { nodes {
    status message
    latest { value rawAnomalyScore anomalyScore expected { value low high } }
    data(first: 100) { nodes { value anomalyScore expected { value low high } } }
    series(maxPoints: 100) { values anomalyScores expected expectedLow expectedHigh }
    bars(window: HOURS) { height }
  } }
}`;

describe('a sequence of finite numbers', () => {
  let server: TestServer;
  let runs = 0;
  beforeAll(async () => {
    server = await startServer({ settings: { LAPWING_GRAPHITE_PORT: '0' } });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const nameOf = (protocol: string) => `${protocol}.r${(runs += 1)}x`;
  const toPoints = (metric: string, values: readonly number[]): readonly Point[] =>
    values.map((value, row) => ({ metric, timestampMs: START + row * MINUTE, value }));
  const check = async (metric: string, values: readonly number[]) => {
    const { metrics } = await read<{ metrics: { nodes: readonly Node[] } }>(server, READ, { name: metric });
    expect(metrics.nodes).toHaveLength(1);
    const [node] = metrics.nodes;
    expect(node).toMatchObject({ status: 'ACTIVE', message: null });
    expect(node?.data.nodes.map(({ value }) => value)).toEqual(values.map((value) => value + 0));
    for (const { anomalyScore } of node?.data.nodes ?? []) expect(anomalyScore).toBeGreaterThanOrEqual(0);
    const { rows } = await server.engine.pool.query(
      `SELECT FROM sample s JOIN metric m ON m.number = s.metric_number WHERE m.name = $1
       AND s.score BETWEEN 0 AND 1 AND s.raw_score BETWEEN 0 AND 1 AND s.low <= s.high
       AND abs(s.expected) < 'Infinity' AND s.low > '-Infinity' AND s.high < 'Infinity'`,
      [metric],
    );
    expect(rows).toHaveLength(values.length);
  };
  const monitor = async (name: string) => {
    const model = { min: 0, max: 100 };
    const id = await server.engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model });
    await untilStatus(server.engine, id, 'ACTIVE');
  };
  const push = async ({ push: send }: PushProtocol, points: readonly Point[]) => {
    // A neighbour in the same batch, which pays for nothing.
    const neighbour = { metric: 'all.neighbour', timestampMs: START + runs * MINUTE, value: 1 };
    expect((await send(server, [...points, neighbour])) ?? []).toEqual([]);
    expect(server.engine.registry.byIdentity('CUSTOM', 'all.neighbour')?.lastTimestampMs).toBe(
      neighbour.timestampMs,
    );
  };

  it.each([...PROTOCOLS, ...FURTHER_PROTOCOLS])(
    'is stored and scored with finite numbers when it is pushed by $name',
    async (protocol) => {
      await fc.assert(
        fc.asyncProperty(sequences, async (given) => {
          const name = nameOf(protocol.name);
          // The protocols have no −0.
          const values = given.filter(Number.isFinite).map((value) => (Object.is(value, -0) ? 0 : value));
          await monitor(name);
          await push(protocol, toPoints(name, values));
          await check(name, values);
        }),
        { numRuns: RUNS },
      );
    },
  );

  it('is scored with finite numbers when it was stored before', async () => {
    const [protocol] = PROTOCOLS;
    if (protocol === undefined) throw new Error('there is a protocol');
    await fc.assert(
      fc.asyncProperty(sequences, async (given) => {
        const name = nameOf('stored');
        const values = given.filter(Number.isFinite).map((value) => value + 0);
        await push(protocol, toPoints(name, values));
        await monitor(name);
        await check(name, values);
      }),
      { numRuns: RUNS },
    );
  });

  it('is stored and scored with finite numbers when it is read from a source', async () => {
    await fc.assert(
      fc.asyncProperty(sequences, async (given) => {
        const name = nameOf('read');
        const values = given.filter(Number.isFinite).map((value) => value + 0);
        await monitor(name);
        const id = server.engine.registry.byIdentity('CUSTOM', name)?.id ?? '';
        const samples = toPoints(name, values);
        const half = Math.floor(values.length / 2);
        await server.engine.accept.acceptHistory(id, samples.slice(0, half), START + half * MINUTE);
        const { rejected } = await server.engine.accept.acceptSamples(id, samples.slice(half));
        expect(rejected).toEqual([]);
        await check(name, values);
      }),
      { numRuns: RUNS },
    );
  });

  it('is scored with finite numbers when it is imported', async () => {
    await fc.assert(
      fc.asyncProperty(sequences, async (given) => {
        const name = nameOf('imported');
        const values = given.filter(Number.isFinite).map((value) => value + 0);
        const model = {
          datasource: 'custom',
          metricSpec: { name },
          modelParams: { min: 0, max: 100 },
          data: values.map((value, row) => [value, new Date(START + row * MINUTE).toISOString()]),
        };
        const { importModels } = await read<{ importModels: { results: { error: unknown }[] } }>(
          server,
          'mutation ($model: JSON!) { importModels(input: { models: [$model] }) { results { error { message } } } }',
          { model },
        );
        expect(importModels.results).toEqual([{ error: null }]);
        await untilStatus(
          server.engine,
          server.engine.registry.byIdentity('CUSTOM', name)?.id ?? '',
          'ACTIVE',
        );
        await check(name, values);
      }),
      { numRuns: RUNS },
    );
  });

  it('is learned from, whatever its range', async () => {
    for (const values of [
      [LARGEST, -LARGEST],
      [1e308, -1e308],
      [5e-324, 0],
      [LARGEST, LARGEST],
    ]) {
      const metric = nameOf('learned');
      const all = Array.from({ length: 300 }, (_, row) => values[row % 2] ?? 0);
      await server.engine.accept.acceptNamed(toPoints(metric, all));
      const id = await server.engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: metric } });
      await untilStatus(server.engine, id, 'ACTIVE');
      const { min = NaN, max = NaN } = server.engine.registry.byId(id)?.modelParams ?? {};
      expect(min).toBeLessThanOrEqual(Math.min(...values));
      expect(max).toBeGreaterThanOrEqual(Math.max(...values));
      expect([min, max].every(Number.isFinite)).toBe(true);
    }
  });

  it('does not spoil what comes behind one absurd value', async () => {
    const name = nameOf('absurd');
    await monitor(name);
    const values = Array.from({ length: 400 }, (_, row) => (row === 300 ? LARGEST : 50 + (row % 7)));
    for (let row = 0; row < values.length; row += 50) {
      await server.engine.accept.acceptNamed(toPoints(name, values).slice(row, row + 50));
    }
    const entry = server.engine.registry.byIdentity('CUSTOM', name);
    expect(entry).toMatchObject({ status: 'ACTIVE', scoredRows: 400 });
    // After a restart the model is made of the same rows.
    server.engine.models.discard([entry?.number ?? 0]);
    const more = { metric: name, timestampMs: START + 500 * MINUTE, value: 51 };
    expect(await server.engine.accept.acceptNamed([more])).toMatchObject({ accepted: 1, rejected: [] });
    expect(server.engine.stats.read('replay_mismatches')).toBe(0);
  });
});
