/** Keeps the stored bars: a follower of the log that rolls scores up by 5 minutes, an hour and eight hours. */
import { type BarRise, deleteBars, writeBars } from '../db/write-bars.ts';
import type { ScoredSample } from '../db/stored-sample.ts';
import { BAR_MINUTES, type BarMinutes, findBarStart } from './bar-window.ts';
import { createLogFollower, type LogFollower, type LogFollowerOptions } from './log-follower.ts';

/** Long enough that a metric of a second's period costs one write in so many seconds. */
const LINGER_MS = 1000;
/** About half a second of the fastest pushing. */
const MOST_ROWS = 8000;

export function createBars(
  options: Pick<LogFollowerOptions, 'pool' | 'live' | 'stats' | 'log'> & { readonly lingerMs?: number },
): LogFollower {
  return createLogFollower({
    lingerMs: LINGER_MS,
    ...options,
    name: 'bars',
    beginAt: 'OLDEST',
    mostRows: MOST_ROWS,
    lagGauge: 'bars_lag',
    apply: (client, scores) => writeBars(client, rollUp(scores)),
    reset: (client) => deleteBars(client),
  });
}

/** What the samples say of their slots. Only the narrowest bars count: the others' counts are the sums of those. */
export function rollUp(samples: readonly ScoredSample[]): readonly BarRise[] {
  const narrow = gather(samples.map(toRise), BAR_MINUTES.HOURS);
  const uncounted = narrow.map((rise) => ({ ...rise, count: 0 }));
  return [...narrow, ...gather(uncounted, BAR_MINUTES.DAYS), ...gather(uncounted, BAR_MINUTES.WEEKS)];
}

function toRise({ metricNumber, timestampMs, score, provisional }: ScoredSample): BarRise {
  return {
    metricNumber,
    minutes: 0,
    startMs: timestampMs,
    score: provisional ? null : score,
    provisionalScore: provisional ? score : null,
    count: 1,
  };
}

/** One rise for each metric and slot, in the order of metrics and times, so that writers always meet rows in one order. */
function gather(rises: readonly BarRise[], minutes: BarMinutes): readonly BarRise[] {
  const gathered = new Map<number, Map<number, GatheredRise>>();
  for (const { metricNumber, startMs: sampleMs, score, provisionalScore, count } of rises) {
    const startMs = findBarStart(sampleMs, minutes);
    const ofMetric = gathered.get(metricNumber) ?? new Map<number, GatheredRise>();
    gathered.set(metricNumber, ofMetric);
    const known = ofMetric.get(startMs);
    if (known === undefined) {
      ofMetric.set(startMs, { metricNumber, minutes, startMs, score, provisionalScore, count });
      continue;
    }
    known.score = higher(known.score, score);
    known.provisionalScore = higher(known.provisionalScore, provisionalScore);
    known.count += count;
  }
  return [...gathered.values()]
    .flatMap((ofMetric) => [...ofMetric.values()])
    .sort((a, b) => a.metricNumber - b.metricNumber || a.startMs - b.startMs);
}

type GatheredRise = { -readonly [Key in keyof BarRise]: BarRise[Key] };

function higher(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
