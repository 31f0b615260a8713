/** What the wall knows: every monitored metric with its bars, kept up to date by the live scores. */
import type { LiveScore } from '../api/score-feed.ts';
import type { Datasource, MetricStatus } from '../generated/graphql.ts';
import { type Bars, BARS, BAR_MS, startOfBar, type WindowName, worseBar } from './bars.ts';

export interface WallMetric {
  readonly id: string;
  readonly name: string;
  /** Canonical name of what it belongs to: the metrics of one row share it. */
  readonly server: string;
  /** For people; null where the server's name has to do. */
  readonly serverName: string | null;
  readonly datasource: Datasource;
  readonly status: MetricStatus;
  readonly unit: string | null;
  readonly periodSeconds: number;
  /** How many points its model has seen. */
  readonly seenPoints: number;
  /** From 0 to 1. */
  readonly learned: number;
  /** How much one more point adds to that. */
  readonly learnedByPoint: number;
  /** About when it will have learned enough; null when it has, or when that is not known. */
  readonly learnedMs: number | null;
  /** Samples that are to come before the first one is scored. */
  readonly missing: number;
  readonly latest: { readonly timeMs: number; readonly value: number } | null;
  readonly bars: Bars;
}

export interface Wall {
  readonly window: WindowName;
  /** By id. */
  readonly metrics: ReadonlyMap<string, WallMetric>;
  /** How many there are, those beyond what a wall holds too. */
  readonly totalCount: number;
}

/** How many intervals are kept beyond what is drawn: events may come late. */
const SPARE = 8;

/**
 * @returns the wall with the scores on it; metrics that got none stay the same objects. Null when a score is of a
 * metric that is not on the wall: it has to be read anew.
 */
export function applyScores(wall: Wall, scores: readonly LiveScore[]): Wall | null {
  const changed = new Map<string, WallMetric>();
  for (const score of scores) {
    // The metric was deleted meanwhile.
    if (score.metric === null) continue;
    const { id } = score.metric;
    const known = changed.get(id) ?? wall.metrics.get(id);
    if (known === undefined) return null;
    changed.set(id, addScore(known, score, wall.window));
  }
  const metrics = new Map(wall.metrics);
  for (const [id, metric] of changed) metrics.set(id, metric);
  return { ...wall, metrics };
}

function addScore(metric: WallMetric, score: LiveScore, window: WindowName): WallMetric {
  const timeMs = Date.parse(score.timestamp);
  const start = startOfBar(timeMs, window);
  const bar = worseBar(metric.bars.get(start), {
    score: score.anomalyScore,
    provisional: score.provisional,
  });
  const bars = new Map(metric.bars);
  bars.set(start, bar);
  const oldest = start - (BARS + SPARE) * BAR_MS[window];
  for (const key of bars.keys()) if (key < oldest) bars.delete(key);
  const isNewer = metric.latest === null || timeMs > metric.latest.timeMs;
  const grown = isNewer ? Math.min(0.99, metric.learned + metric.learnedByPoint) : metric.learned;
  return {
    ...metric,
    bars,
    status: 'ACTIVE',
    seenPoints: isNewer ? metric.seenPoints + 1 : metric.seenPoints,
    // A score that is not provisional is one of a model that has learned enough.
    learned: score.provisional ? grown : 1,
    latest: isNewer ? { timeMs, value: score.value } : metric.latest,
  };
}
