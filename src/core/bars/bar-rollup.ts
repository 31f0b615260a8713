/** Keeps the stored bars: a follower of the log that rolls scores up by 5 minutes, an hour and eight hours. */
import type pg from 'pg';
import { type BarRise, deleteBars, writeBars } from './write-bars.ts';
import type { ScoredSample } from '../samples/stored-sample.ts';
import { BAR_MINUTES, type BarMinutes, findBarStart } from './bar-window.ts';
import type { Gathered } from '../score-log/row-buffer.ts';
import { LogFollower, type LogFollowerOptions } from '../score-log/log-follower.ts';

/** Long enough that a metric of a second's period costs one write in so many seconds. */
const LINGER_MS = 1000;
/** Of thousands of metrics at a time bars are written more seldom: writing them takes a twentieth of the time. */
const REST_FACTOR = 19;
/** Some 20 MB. */
const MAX_BARS = 200_000;
const BARS_PER_STATEMENT = 10_000;

/** What the offset of their follower is stored under. */
export const BARS_FOLLOWER = 'bars';

export function createBars(
  options: Pick<LogFollowerOptions, 'pool' | 'live' | 'stats' | 'log'> & { readonly lingerMs?: number },
): LogFollower {
  return new LogFollower({
    lingerMs: LINGER_MS,
    restFactor: REST_FACTOR,
    ...options,
    name: BARS_FOLLOWER,
    beginAt: 'OLDEST',
    gather: gatherBars,
    lagGauge: 'bars_lag',
    reset: (client) => deleteBars(client),
  });
}

type GatheredRise = { -readonly [Key in keyof BarRise]: BarRise[Key] };
/** By metric and start. */
type Rises = Map<number, Map<number, GatheredRise>>;

/** Gathers the narrowest bars; the wider ones are made of them when all are written. */
export function gatherBars(): Gathered {
  const gathered: Rises = new Map();
  let size = 0;
  const add = ({ metricNumber, timestampMs, score, provisional }: ScoredSample) => {
    const startMs = findBarStart(timestampMs, BAR_MINUTES.HOURS);
    const rise = findRise(gathered, metricNumber, BAR_MINUTES.HOURS, startMs);
    if (rise.count === 0) size += 1;
    rise.count += 1;
    if (provisional) rise.provisionalScore = higher(rise.provisionalScore, score);
    else rise.score = higher(rise.score, score);
  };
  return {
    add: (scores) => scores.forEach(add),
    forget: (metricNumber) => {
      size -= gathered.get(metricNumber)?.size ?? 0;
      gathered.delete(metricNumber);
    },
    metricNumbers: () => new Set(gathered.keys()),
    isFull: () => size >= MAX_BARS,
    write: async (client, monitored) => {
      for (const metricNumber of gathered.keys())
        if (!monitored.has(metricNumber)) gathered.delete(metricNumber);
      await writeInPortions(client, listRises(gathered));
      await writeInPortions(client, widen(gathered, BAR_MINUTES.DAYS));
      await writeInPortions(client, widen(gathered, BAR_MINUTES.WEEKS));
    },
  };
}

/** That of the slot; an empty one when there was none. */
function findRise(rises: Rises, metricNumber: number, minutes: BarMinutes, startMs: number): GatheredRise {
  const ofMetric = rises.get(metricNumber);
  const known = ofMetric?.get(startMs);
  if (known !== undefined) return known;
  const rise = { metricNumber, minutes, startMs, score: null, provisionalScore: null, count: 0 };
  if (ofMetric === undefined) rises.set(metricNumber, new Map([[startMs, rise]]));
  else ofMetric.set(startMs, rise);
  return rise;
}

/** The wider bars of narrow ones. Only the narrowest count: the others' counts are the sums of those. */
function widen(narrow: Rises, minutes: BarMinutes): readonly BarRise[] {
  const wide: Rises = new Map();
  for (const ofMetric of narrow.values()) {
    for (const rise of ofMetric.values()) {
      const wider = findRise(wide, rise.metricNumber, minutes, findBarStart(rise.startMs, minutes));
      wider.score = higher(wider.score, rise.score);
      wider.provisionalScore = higher(wider.provisionalScore, rise.provisionalScore);
    }
  }
  return listRises(wide);
}

/** In the order of metrics and times, so that writers always meet rows in one order. */
function listRises(rises: Rises): readonly BarRise[] {
  return [...rises.values()]
    .flatMap((ofMetric) => [...ofMetric.values()])
    .sort((a, b) => a.metricNumber - b.metricNumber || a.startMs - b.startMs);
}

async function writeInPortions(client: pg.PoolClient, rises: readonly BarRise[]): Promise<void> {
  for (let from = 0; from < rises.length; from += BARS_PER_STATEMENT) {
    await writeBars(client, rises.slice(from, from + BARS_PER_STATEMENT));
  }
}

function higher(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
