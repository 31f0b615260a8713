/** Which span of time a metric is read in next, and which metrics are asked for together. Pure. */

export interface WindowRules {
  /** After a period's end until its value can be trusted, in milliseconds. */
  readonly settleMs: number;
  /** How far back a new metric starts, in milliseconds. */
  readonly historyMs: number;
}

export interface Reading {
  readonly periodSeconds: number;
  /** Up to where it has been read; null for a new metric. */
  readonly fromMs: number | null;
  /** Time of its newest sample, null for none; not known when left out. */
  readonly newestMs?: number | null;
  /** Series it stands for; 1 when left out. */
  readonly weight?: number;
}

/** Readings that are asked for in one window. */
export interface ReadingGroup<T extends Reading> {
  readonly fromMs: number;
  readonly toMs: number;
  readonly readings: readonly T[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** CloudWatch goes on changing a value for a while: so many periods are read again each time. */
const PERIODS_READ_AGAIN = 2;
/**
 * A metric this many periods behind is read along with those that are not behind at all. One that had no values of late
 * is read again so far back: CloudWatch may be late by an hour, and all of it would be a gap for ever.
 */
const LIVE_PERIODS = 36;
/** Points of history fetched at a time, all metrics of a group together: live points come in between. */
const HISTORY_POINTS = 25_000;

/**
 * Where the next reading of one metric begins and how far it could go; both ends are ends of periods, counted from
 * 1970. Nothing can be read when `fromMs` is not before `toMs`.
 */
export function planReading(reading: Reading, rules: WindowRules, nowMs: number) {
  const { periodSeconds, fromMs } = reading;
  const periodMs = periodSeconds * 1000;
  const toMs = Math.floor((nowMs - rules.settleMs) / periodMs) * periodMs;
  const wantedMs =
    fromMs === null
      ? nowMs - rules.historyMs
      : Math.min(fromMs - PERIODS_READ_AGAIN * periodMs, findGapMs(reading, toMs) ?? fromMs);
  const startMs = Math.max(wantedMs, nowMs - findRetentionMs(periodSeconds));
  const alignedMs = Math.ceil(startMs / periodMs) * periodMs;
  // A day of history has no whole day in it: a new metric is read from its last period on at least.
  return { fromMs: fromMs === null ? Math.min(alignedMs, toMs - periodMs) : alignedMs, toMs };
}

/** Where the gap begins that lies between the newest sample and what was read; null where there is none. */
function findGapMs({ periodSeconds, fromMs, newestMs }: Reading, toMs: number): number | null {
  if (newestMs === undefined || fromMs === null) return null;
  const periodMs = periodSeconds * 1000;
  const gapMs = Math.max(newestMs === null ? -Infinity : newestMs + periodMs, toMs - LIVE_PERIODS * periodMs);
  return gapMs < fromMs - PERIODS_READ_AGAIN * periodMs ? gapMs : null;
}

/** Groups what can be read now; what cannot is left out. */
export function groupReadings<T extends Reading>(
  readings: readonly T[],
  rules: WindowRules,
  nowMs: number,
): readonly ReadingGroup<T>[] {
  const planned = readings
    .map((reading) => {
      const plan = planReading(reading, rules, nowMs);
      return { reading, ...plan, hasGap: findGapMs(reading, plan.toMs) !== null };
    })
    .filter(({ reading, fromMs, toMs }) => Math.max(fromMs, reading.fromMs ?? fromMs) < toMs)
    .sort(
      (a, b) =>
        a.reading.periodSeconds - b.reading.periodSeconds ||
        Number(a.hasGap) - Number(b.hasGap) ||
        b.fromMs - a.fromMs,
    );
  const groups: ReadingGroup<T>[] = [];
  // By period, those with a gap apart so that the others' window is no longer for it, and from those that are least behind to those that are most.
  for (let rest = planned; rest.length > 0;) {
    const group = takeGroup(rest);
    groups.push(closeGroup(group));
    rest = rest.slice(group.length);
  }
  return groups;
}

interface Planned<T> {
  readonly reading: T;
  readonly fromMs: number;
  readonly toMs: number;
  readonly hasGap: boolean;
}

/** The beginning of the list that fits one window: of one period, with a gap or without, and begun at about the same time. */
function takeGroup<T extends Reading>(planned: readonly Planned<T>[]): readonly Planned<T>[] {
  const [first] = planned;
  if (first === undefined) return [];
  const { periodSeconds } = first.reading;
  const spanMs = LIVE_PERIODS * periodSeconds * 1000;
  const isLive = first.toMs - first.fromMs <= spanMs;
  const earliestMs = isLive ? first.toMs - spanMs : first.fromMs - spanMs;
  const end = planned.findIndex(
    ({ reading, fromMs, hasGap }) =>
      reading.periodSeconds !== periodSeconds || hasGap !== first.hasGap || fromMs < earliestMs,
  );
  return end === -1 ? planned : planned.slice(0, end);
}

function closeGroup<T extends Reading>(group: readonly Planned<T>[]): ReadingGroup<T> {
  const fromMs = Math.min(...group.map((planned) => planned.fromMs));
  const toMs = Math.max(...group.map((planned) => planned.toMs));
  const periodMs = (group[0]?.reading.periodSeconds ?? 1) * 1000;
  const series = group.reduce((sum, { reading }) => sum + (reading.weight ?? 1), 0);
  // Twice the spread of their beginnings at least, so that every one of them gets on.
  const periods = Math.max(2 * LIVE_PERIODS, Math.floor(HISTORY_POINTS / series));
  return {
    fromMs,
    toMs: Math.min(toMs, fromMs + periods * periodMs),
    readings: group.map(({ reading }) => reading),
  };
}

/**
 * How long CloudWatch gives points of this period: those of a minute are joined after 15 days, and of what is older it
 * gives nothing but multiples of what they were joined to.
 */
function findRetentionMs(periodSeconds: number): number {
  if (periodSeconds % 60 !== 0) return 3 * HOUR_MS;
  if (periodSeconds % 300 !== 0) return 15 * DAY_MS;
  if (periodSeconds % 3600 !== 0) return 63 * DAY_MS;
  return 455 * DAY_MS;
}
