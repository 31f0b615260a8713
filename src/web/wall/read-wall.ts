/** The answer to the wall's query, as the wall keeps it. */
import type { WallQuery } from '../generated/graphql.ts';
import type { Bar, WindowName } from './bars.ts';
import type { Wall, WallMetric } from './wall-state.ts';

type Answer = NonNullable<WallQuery['wall']>;
type Row = Answer['rows'][number];
type Metric = NonNullable<Row['metric']>;

export function readWall({ rows, starts, totalCount }: Answer, window: WindowName): Wall {
  const startsMs = starts.map((start) => Date.parse(start));
  const metrics = new Map<string, WallMetric>();
  for (const { metric, anomalyScores, provisional } of rows) {
    if (metric === null) continue;
    metrics.set(metric.id, readMetric(metric, readBars(startsMs, anomalyScores, provisional)));
  }
  return { window, metrics, totalCount };
}

/** A bar where nothing was scored is left out. */
function readBars(
  startsMs: readonly number[],
  scores: readonly (number | null)[],
  provisional: readonly number[],
): ReadonlyMap<number, Bar> {
  const learning = new Set(provisional);
  return new Map(
    startsMs.flatMap((start, place) => {
      const score = scores[place] ?? null;
      const bar = { score, provisional: learning.has(place) };
      return score === null ? [] : [[start, bar] as const];
    }),
  );
}

function readMetric(metric: Metric, bars: ReadonlyMap<number, Bar>): WallMetric {
  const { latest, learning, friendlyName, server } = metric;
  return {
    id: metric.id,
    name: metric.name,
    server,
    serverName: friendlyName,
    datasource: metric.datasource,
    status: metric.status,
    unit: metric.unit,
    periodSeconds: metric.periodSeconds,
    seenPoints: learning.rows,
    learned: learning.done ? 1 : Math.min(0.99, learning.rows / Math.max(1, learning.needed)),
    learnedByPoint: learning.done ? 0 : 1 / Math.max(1, learning.needed),
    learnedMs: learning.endsAt === null ? null : Date.parse(learning.endsAt),
    missing: learning.samplesUntilScored,
    latest: latest === null ? null : { timeMs: Date.parse(latest.timestamp), value: latest.value },
    bars,
  };
}
