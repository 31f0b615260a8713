/** Members of a group of resources compared with each other, through the API. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { textWith } from '../../../helpers/matchers.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const START_MS = Date.UTC(2026, 5, 1);
const STEP_MS = 60_000;
const ROWS = 240;
const POINTS_AT_ONCE = 1000;
const LATE = 180;

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  const noise = (member: number, row: number) => Math.sin(member * 12.9898 + row * 78.233) * 2;
  const load = (row: number) => 50 + 20 * Math.sin(row / 20);
  const places = (count: number) => Array.from({ length: count }, (_, place) => place);
  const makeSeries = (resource: string, metric: string, valueAt: (row: number) => number) =>
    places(ROWS).map((row) => ({
      resource,
      metric,
      timestamp: new Date(START_MS + row * STEP_MS),
      value: valueAt(row),
    }));
  const points = places(8).flatMap((member) => [
    // web-5 stops following the others in the last hour; web-2 has always been slower.
    ...makeSeries(`web-${member}`, `cpu;fleet=web`, (row) =>
      member === 5 && row >= LATE ? 50 : load(row) + noise(member, row),
    ),
    ...makeSeries(`web-${member}`, 'latency;fleet=web', (row) =>
      member === 2 ? 900 : 100 + noise(member, row),
    ),
    ...(member < 3 ? makeSeries(`db-${member}`, 'cpu;fleet=db', (row) => load(row) * (member + 1)) : []),
  ]);
  for (let from = 0; from < points.length; from += POINTS_AT_ONCE) {
    const answer = await read<{ putMetricData: object }>(
      server,
      'mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }',
      { points: points.slice(from, from + POINTS_AT_ONCE) },
    );
    expect(answer.putMetricData).toEqual({ accepted: Math.min(POINTS_AT_ONCE, points.length - from) });
  }
});
afterAll(() => server[Symbol.asyncDispose]());

const OUTLIERS = `query ($filter: MetricFilter!, $from: DateTime, $to: DateTime, $tolerance: Float, $minShare: Float) {
  outliers(filter: $filter, from: $from, to: $to, tolerance: $tolerance, minShare: $minShare) {
    ... on OutlierComparison {
      comparedCount groupCount tooFewCount
      outliers { group metricCount value groupMedian deviation share shareBefore metric { resource { name } } }
    }
    ... on Error { code message }
  }
}`;
const at = (row: number) => new Date(START_MS + row * STEP_MS).toISOString();
const ofFleet = (fleet: string) => ({ tags: [{ key: 'fleet', values: [fleet] }] });
const LAST_HOUR = { from: at(LATE), to: at(ROWS - 1) };

describe('outliers', () => {
  it('are the members of a tag group that do not follow the others, the most deviating first', async () => {
    const { outliers } = await read<{ outliers: { outliers: object[] } }>(server, OUTLIERS, {
      filter: ofFleet('web'),
      ...LAST_HOUR,
    });
    expect(outliers).toMatchObject({
      comparedCount: 16,
      groupCount: 2,
      tooFewCount: 0,
      outliers: [
        {
          group: 'latency;fleet=web',
          metricCount: 8,
          value: 900,
          share: 1,
          metric: { resource: { name: 'web-2' } },
        },
        { group: 'cpu;fleet=web', metricCount: 8, metric: { resource: { name: 'web-5' } } },
      ],
    });
  });

  it('are found among the members an autostack has now', async () => {
    const { prisma } = server.database;
    const stack = await prisma.autostack.create({
      data: {
        name: 'web',
        region: 'us-west-2',
        resourceType: 'AWS::EC2::Instance',
        filters: [{ key: 'fleet', values: ['web'] }],
      },
    });
    const resources = await prisma.resource.findMany({ where: { resourceId: { startsWith: 'web-' } } });
    await prisma.autostackMember.createMany({
      data: resources.map(({ id, resourceId }) => ({
        autostackId: stack.id,
        resourceId: id,
        joinedAt: new Date(0),
        leftAt: resourceId === 'web-2' ? new Date(1) : null,
      })),
    });
    const { outliers } = await read<{ outliers: object }>(server, OUTLIERS, {
      filter: { memberOfAutostackIds: [`Autostack:${stack.id}`] },
      ...LAST_HOUR,
    });
    expect(outliers).toMatchObject({
      comparedCount: 14,
      outliers: [{ group: 'cpu;fleet=web', metricCount: 7, metric: { resource: { name: 'web-5' } } }],
    });
  });

  it('tell what began in the range from what has always been so', async () => {
    const { outliers } = await read<{ outliers: { outliers: { shareBefore: number; share: number }[] } }>(
      server,
      OUTLIERS,
      { filter: ofFleet('web'), ...LAST_HOUR },
    );
    const [latency, cpu] = outliers.outliers;
    expect(latency?.shareBefore).toBe(1);
    expect(cpu?.share).toBeGreaterThanOrEqual(0.5);
    expect(cpu?.shareBefore).toBeLessThan(0.2);
  });

  it('are fewer with a wider tolerance', async () => {
    const { outliers } = await read<{ outliers: object }>(server, OUTLIERS, {
      filter: { ...ofFleet('web'), namePattern: 'cpu*' },
      ...LAST_HOUR,
      tolerance: 1000,
    });
    expect(outliers).toMatchObject({ comparedCount: 8, groupCount: 1, outliers: [] });
  });

  it('are not looked for among three, which is said', async () => {
    const { outliers } = await read<{ outliers: object }>(server, OUTLIERS, {
      filter: ofFleet('db'),
      ...LAST_HOUR,
    });
    expect(outliers).toEqual({ comparedCount: 0, groupCount: 0, tooFewCount: 3, outliers: [] });
  });

  it('of a time without samples are none', async () => {
    const { outliers } = await read<{ outliers: object }>(server, OUTLIERS, { filter: ofFleet('web') });
    expect(outliers).toEqual({ comparedCount: 0, groupCount: 0, tooFewCount: 16, outliers: [] });
  });

  it.each([
    [{ tolerance: 0 }, 'tolerance: expected more than 0, got 0'],
    [{ minShare: 1.5 }, 'minShare: expected more than 0 and at most 1, got 1.5'],
    [{ from: at(10), to: at(5) }, `to: expected ${at(10)}, which is from, or later, got ${at(5)}`],
    [{ from: at(10), to: at(10) }, 'to: expected later than from'],
    [{ from: '2026-01-01T00:00:00Z', to: '2026-03-01T00:00:00Z' }, 'at most 31 days later'],
    [{ filter: { ids: ['nonsense'] } }, 'filter.ids'],
  ])('of a question that makes no sense, %j, are a typed error', async (part, message) => {
    const { data } = await ask(server, OUTLIERS, { filter: ofFleet('web'), ...part });
    expect(data).toMatchObject({ outliers: { code: 'INVALID_INPUT', message: textWith(message) } });
  });
});
