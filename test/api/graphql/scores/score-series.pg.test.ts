import { afterAll, beforeAll, expect, test } from 'vitest';
import { DETECTOR_KINDS } from '../../../../src/detector/detector-kinds.ts';
import { read } from '../../../helpers/ask.ts';
import { TRANSPORTS } from '../../../helpers/connect.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const START_MS = Date.UTC(2026, 0, 5);
const MODEL = { min: 0, max: 200 };
/** Ten days of a daily wave, with one spike up and one down. */
const POINTS = Array.from({ length: 2880 }, (_, row) => {
  const wave = 100 + 20 * Math.sin((row / 288) * 2 * Math.PI) + ((row * 7919) % 31) / 10;
  return {
    timestamp: new Date(START_MS + row * 300_000).toISOString(),
    value: row === 2500 ? wave + 150 : row === 2700 ? wave - 150 : wave,
  };
});

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server[Symbol.asyncDispose]());

const QUERY = `query ($input: ScoreSeriesInput!) { scoreSeries(input: $input) {
  __typename
  ... on ScoredSeries { points { timestamp value anomalyScore triggersAlert why { aspect share } } }
  ... on Error { code message } } }`;

interface Result {
  readonly scoreSeries: {
    readonly __typename: string;
    readonly code?: string;
    readonly message?: string;
    readonly points?: readonly {
      readonly value: number;
      readonly anomalyScore: number;
      readonly triggersAlert: boolean;
      readonly why: readonly object[];
    }[];
  };
}

const score = async (input: object) => (await read<Result>(server, QUERY, { input })).scoreSeries;

test('a given history is scored as the detector would have, and nothing is stored', async () => {
  const { points = [] } = await score({ points: POINTS, model: MODEL });
  const detector = DETECTOR_KINDS[0].create(MODEL);
  expect(points.map(({ anomalyScore }) => anomalyScore)).toEqual(
    POINTS.map(({ timestamp, value }) => detector.update(Date.parse(timestamp), value).score),
  );
  const alarms = points.flatMap(({ triggersAlert }, row) => (triggersAlert ? [row] : []));
  expect(alarms).toContain(2500);
  expect(points[2500]?.why).toContainEqual(expect.objectContaining({ share: expect.any(Number) as number }));
  expect(server.engine.registry.size).toBe(0);
});

test('a policy decides which incidents alarm, not what is scored', async () => {
  const all = (await score({ points: POINTS, model: MODEL })).points ?? [];
  const above = (
    await score({ points: POINTS, model: MODEL, policy: { direction: 'ABOVE', minDeviation: 100 } })
  ).points;
  expect(above?.map(({ anomalyScore }) => anomalyScore)).toEqual(all.map(({ anomalyScore }) => anomalyScore));
  expect(above?.flatMap(({ triggersAlert }, row) => (triggersAlert ? [row] : []))).toEqual([2500]);
});

test('stored history streams part by part, over every transport', async () => {
  const points = POINTS.map(({ timestamp, value }) => ({
    metric: 'wave',
    timestampMs: Date.parse(timestamp),
    value,
  }));
  await server.engine.accept.acceptNamed(points);
  const id = server.engine.registry.byIdentity('CUSTOM', 'wave')?.id ?? '';
  const expected = (await score({ points: POINTS, model: MODEL })).points?.map(
    ({ anomalyScore }) => anomalyScore,
  );
  for (const transport of TRANSPORTS) {
    await using operation = transport.subscribe(
      server,
      `subscription ($input: ScoreSeriesInput!) { scoreSeries(input: $input) { points { anomalyScore } } }`,
      { input: { metricId: `Metric:${id}`, model: MODEL } },
    );
    const scores: number[] = [];
    for (let part = await operation.next(); part.done !== true; part = await operation.next()) {
      const { points: scored } = part.value.data?.scoreSeries as { points: { anomalyScore: number }[] };
      scores.push(...scored.map(({ anomalyScore }) => anomalyScore));
    }
    expect(scores).toEqual(expected);
  }
});

test.each([
  [{}, 'InvalidInputError', 'either points or metricId'],
  [{ points: [], metricId: 'Metric:00000000-0000-4000-8000-000000000000' }, 'InvalidInputError', 'either'],
  [{ metricId: 'Metric:00000000-0000-4000-8000-000000000000' }, 'NotFoundError', '00000000'],
  [{ points: [POINTS[1], POINTS[0]] }, 'InvalidInputError', 'points.1'],
  [{ points: [], model: { min: 1 } }, 'InvalidInputError', 'max'],
])('%j is refused as %s', async (input, typename, message) => {
  const result = await score(input);
  expect(result.__typename).toBe(typename);
  expect(result.message).toContain(message);
});
