/**
 * A place's clock: how far it is from UTC, through the changes to summer time and back. The rules are those of the
 * running Node.js (Intl), asked some times a month, because asking costs more than judging a point.
 */
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** No clock changes twice within a day; so far ahead one is looked for. */
const LOOK_AHEAD_DAYS = 28;

/** Shifts a time so that the hours of UTC are those of the place. */
export type Zone = (timestampMs: number) => number;

/** A time within which the clock does not change: from `fromMs` until before `untilMs`. */
interface OffsetPeriod {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly offsetMs: number;
}

/** Whether the running Node.js knows a clock of this name (IANA, such as Europe/Berlin). */
export function isZoneName(name: string): boolean {
  // Newer versions take offsets such as +02:00 too; those follow no clock.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * @param name an IANA zone; without one the clock is that of UTC. So it is for one that is not known any more (names
 *   are checked where they are given): a model that follows another clock is better than none.
 * @returns a zone; it throws RangeError for a time no Date can hold
 */
export function createZone(name: string | undefined): Zone {
  if (name === undefined || !isZoneName(name)) return (timestampMs) => timestampMs;
  let period: OffsetPeriod | null = null;
  return (timestampMs) => {
    if (period === null || timestampMs < period.fromMs || timestampMs >= period.untilMs) {
      period = findOffsetPeriod(name, timestampMs);
    }
    return timestampMs + period.offsetMs;
  };
}

function findOffsetPeriod(name: string, fromMs: number): OffsetPeriod {
  const format = new Intl.DateTimeFormat('en', { timeZone: name, timeZoneName: 'longOffset' });
  const offsetMs = readOffset(format, fromMs);
  for (let day = 1; day <= LOOK_AHEAD_DAYS; day++) {
    const dayMs = fromMs + day * DAY_MS;
    if (readOffset(format, dayMs) === offsetMs) continue;
    return { fromMs, untilMs: findChange(format, dayMs - DAY_MS, dayMs), offsetMs };
  }
  return { fromMs, untilMs: fromMs + LOOK_AHEAD_DAYS * DAY_MS, offsetMs };
}

/** The minute the clock changes, by halving; before it, it is as at `lowMs`, from it on as at `highMs`. */
function findChange(format: Intl.DateTimeFormat, lowMs: number, highMs: number): number {
  const before = readOffset(format, lowMs);
  let low = Math.floor(lowMs / MINUTE_MS);
  let high = Math.ceil(highMs / MINUTE_MS);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (readOffset(format, middle * MINUTE_MS) === before) low = middle;
    else high = middle;
  }
  return high * MINUTE_MS;
}

/** Reads `GMT`, `GMT+05:30` or, for long ago, `GMT-00:01:15`. */
function readOffset(format: Intl.DateTimeFormat, timestampMs: number): number {
  const part = format.formatToParts(timestampMs).find(({ type }) => type === 'timeZoneName');
  const [, sign, hours, minutes, seconds] = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(part?.value ?? '') ?? [];
  const size = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MINUTE_MS + Number(seconds ?? 0) * 1000;
  return sign === '-' ? -size : size;
}
