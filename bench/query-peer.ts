/**
 * What a team would write who knows its way about: a schema of their own over the same tables, plain resolvers with
 * hand-written SQL, one DataLoader against N + 1. Served by mercurius and by Apollo.
 */
import DataLoader from 'dataloader';
import { GraphQLScalarType } from 'graphql';
import pg from 'pg';

export const TYPES = `
  scalar DateTime
  enum MetricOrder { NAME ANOMALY }
  enum AnomalyClass { NONE GREEN YELLOW RED }
  enum WallGrouping { METRIC }
  enum BarWindow { DAYS }
  type Query {
    metric(id: ID!): Metric
    metrics(first: Int!, orderBy: MetricOrder! = NAME): MetricConnection!
    wall(by: WallGrouping!, window: BarWindow!, first: Int!): Wall!
  }
  type MetricConnection { nodes: [Metric!]! }
  type Metric {
    id: ID!
    name: String!
    data(last: Int!): MetricDataConnection!
    series(from: DateTime, to: DateTime, maxPoints: Int!): Series!
  }
  type MetricDataConnection { nodes: [MetricData!]! }
  type MetricData { timestamp: DateTime! value: Float! anomalyScore: Float anomalyClass: AnomalyClass! }
  type Series {
    timestamps: [DateTime!]! values: [Float!]! anomalyScores: [Float]! expectedLow: [Float]! expectedHigh: [Float]!
  }
  type Wall { barSeconds: Int! rows: [WallRow!]! }
  type WallRow { key: ID! name: String! anomalyScores: [Float]! provisional: [Int!]! }
`;

interface MetricRow {
  readonly id: string;
  readonly number: number;
  readonly name: string;
}

interface SampleRow {
  readonly metric_number: number;
  readonly timestamp: Date;
  readonly value: number;
  readonly score: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface PeerContext {
  readonly pool: pg.Pool;
  readonly latest: DataLoader<{ readonly number: number; readonly last: number }, readonly SampleRow[]>;
}

const HOUR_MS = 3_600_000;
const BARS = 24;
const weigh = (score: string) =>
  `CASE WHEN ${score} >= 0.99999 THEN 1e9 + 1 WHEN ${score} > 0 THEN
    CASE WHEN ${score} >= 0.9999 THEN 1e6 ELSE 1e3 END + ln(1 - ${score} + 1e-10) / ln(1e-10) ELSE 0 END`;
// Whole numbers: sums of them do not depend on the order they are added in.
const RANK = `sum((greatest(${weigh('b.score')}, ${weigh('b.provisional_score')} * 1e-9) * 1e8)::bigint)`;

export function createPeerContext(pool: pg.Pool): PeerContext {
  const latest = new DataLoader<{ readonly number: number; readonly last: number }, readonly SampleRow[]>(
    async (keys) => {
      const { rows } = await pool.query<SampleRow>(
        `SELECT s.* FROM unnest($1::int[]) AS u (number) CROSS JOIN LATERAL (
           SELECT metric_number, timestamp, value, score FROM sample
           WHERE metric_number = u.number ORDER BY timestamp DESC LIMIT $2) AS s`,
        [keys.map(({ number }) => number), keys[0]?.last],
      );
      const byMetric = groupByMetric(rows);
      return keys.map(({ number }) => (byMetric.get(number) ?? []).toReversed());
    },
    { cache: false },
  );
  return { pool, latest };
}

async function listMetrics(pool: pg.Pool, first: number, orderBy: string): Promise<readonly MetricRow[]> {
  const { fromMs, toMs } = chooseDay();
  const { rows } =
    orderBy === 'NAME'
      ? await pool.query<MetricRow>('SELECT id, number, name FROM metric ORDER BY name, id LIMIT $1', [first])
      : await pool.query<MetricRow>(
          `SELECT m.id, m.number, m.name FROM metric m LEFT JOIN bar b ON b.metric_number = m.number
             AND b.minutes = 60 AND b.start >= $2 AND b.start < $3
           GROUP BY m.id ORDER BY coalesce(${RANK}, 0) DESC, m.name, m.id LIMIT $1`,
          [first, new Date(fromMs), new Date(toMs)],
        );
  return rows;
}

async function readSeries(
  pool: pg.Pool,
  number: number,
  { from, to, maxPoints }: { readonly from?: string; readonly to?: string; readonly maxPoints: number },
): Promise<object> {
  const { rows } = await pool.query<SampleRow>(
    `SELECT timestamp, value, score, low, high FROM sample WHERE metric_number = $1
       AND timestamp >= coalesce($2, '-infinity'::timestamptz) AND timestamp <= coalesce($3, 'infinity'::timestamptz)
     ORDER BY timestamp LIMIT $4`,
    [number, from ?? null, to ?? null, maxPoints],
  );
  return {
    timestamps: rows.map(({ timestamp }) => timestamp),
    values: rows.map(({ value }) => value),
    anomalyScores: rows.map(({ score }) => score),
    expectedLow: rows.map(({ low }) => low),
    expectedHigh: rows.map(({ high }) => high),
  };
}

async function readWall(pool: pg.Pool, first: number): Promise<object> {
  const { fromMs, toMs } = chooseDay();
  const metrics = await listMetrics(pool, first, 'ANOMALY');
  const { rows } = await pool.query<{
    metric_number: number;
    start: Date;
    score: number | null;
    provisional_score: number | null;
  }>(
    `SELECT metric_number, start, score, provisional_score FROM bar
     WHERE metric_number = ANY($1) AND minutes = 60 AND start >= $2 AND start < $3`,
    [metrics.map(({ number }) => number), new Date(fromMs), new Date(toMs)],
  );
  const byMetric = groupByMetric(rows);
  return {
    barSeconds: 3600,
    rows: metrics.map(({ id, number, name }) => {
      const anomalyScores: (number | null)[] = new Array<null>(BARS).fill(null);
      const provisional: number[] = [];
      for (const bar of byMetric.get(number) ?? []) {
        const place = (bar.start.getTime() - fromMs) / HOUR_MS;
        anomalyScores[place] = bar.score ?? bar.provisional_score;
        if (bar.score === null) provisional.push(place);
      }
      return { key: id, name, anomalyScores, provisional: provisional.sort((a, b) => a - b) };
    }),
  };
}

function groupByMetric<T extends { readonly metric_number: number }>(rows: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(row.metric_number);
    if (group === undefined) groups.set(row.metric_number, [row]);
    else group.push(row);
  }
  return groups;
}

function chooseDay(): { readonly fromMs: number; readonly toMs: number } {
  const toMs = (Math.floor(Date.now() / HOUR_MS) + 1) * HOUR_MS;
  return { fromMs: toMs - BARS * HOUR_MS, toMs };
}

function classify({ score }: SampleRow): string {
  if (score === null || score === 0) return 'NONE';
  if (score >= 0.99999) return 'RED';
  return score >= 0.9999 ? 'YELLOW' : 'GREEN';
}

export const RESOLVERS = {
  DateTime: new GraphQLScalarType<Date | string, string>({
    name: 'DateTime',
    // Only times out of the database are given.
    serialize: (value) => (value as Date).toISOString(),
  }),
  Query: {
    metric: async (_root: unknown, { id }: { readonly id: string }, { pool }: PeerContext) => {
      const { rows } = await pool.query<MetricRow>('SELECT id, number, name FROM metric WHERE id = $1', [
        id.replace('Metric:', ''),
      ]);
      return rows[0] ?? null;
    },
    metrics: async (
      _root: unknown,
      { first, orderBy }: { readonly first: number; readonly orderBy: string },
      { pool }: PeerContext,
    ) => ({ nodes: await listMetrics(pool, first, orderBy) }),
    wall: (_root: unknown, { first }: { readonly first: number }, { pool }: PeerContext) =>
      readWall(pool, first),
  },
  Metric: {
    id: ({ id }: MetricRow) => `Metric:${id}`,
    data: async ({ number }: MetricRow, { last }: { readonly last: number }, { latest }: PeerContext) => ({
      nodes: await latest.load({ number, last }),
    }),
    series: (
      { number }: MetricRow,
      args: { readonly from?: string; readonly to?: string; readonly maxPoints: number },
      { pool }: PeerContext,
    ) => readSeries(pool, number, args),
  },
  MetricData: { anomalyScore: ({ score }: SampleRow) => score, anomalyClass: classify },
};
