/**
 * Counters: metrics that only rise (requests served, bytes sent, seconds since a start) and fall back when their
 * process restarts. Their level says nothing; how fast they rise does. Metrics that only fall are counters upside down.
 * A rate is of a span that stays: where a counter is read each 10 seconds and no longer each minute, it rises as fast.
 * Where nobody said which a metric is, its rows show it.
 */
import type { ValueKind } from '../../model.ts';
import type { Tick } from './clock.ts';

/** Rows after which a metric that moved one way only is taken for a counter. */
const FIRST_ROWS = 60;
/** Share of rows that must move for it. */
const MIN_MOVING = 0.05;
/** Of the kinds a metric can be said to be. */
const DIRECTIONS: Readonly<Record<ValueKind, number>> = { GAUGE: 0, COUNTER: 1 };
/** What was counted in a longer gap is of other times of the day than the row's. */
const MAX_GAP_MS = 3_600_000;
/** Resets above this share of the moving rows are the metric's own ups and downs. */
const MAX_RESETS = 0.02;

export interface Counter {
  rows: number;
  last: number;
  /** Rows that rose, and that fell. */
  rises: number;
  falls: number;
  /** 1 for a rising counter, -1 for a falling one, 0 for a gauge. */
  direction: number;
  /** The span its rates are of: the step when the first was read; 0 before. */
  unitMs: number;
  /** 1 behind a gap of which nothing was read. */
  behindGap: number;
}

/** What the model is to see of a row. */
export interface Reading {
  /** The value itself, or of a counter its change in a unit; null where nothing is known of the row: it was reset, or hours passed. */
  readonly value: number | null;
  /** Units since the row before; 1 of a gauge. */
  readonly units: number;
  /** Whether the value is not to be compared with those before. */
  readonly gap: boolean;
  /** True when the metric turned out to be a counter, or to be none: what was learned is of another quantity. */
  readonly restarts: boolean;
}

export function createCounter(): Counter {
  return { rows: 0, last: 0, rises: 0, falls: 0, direction: 0, unitMs: 0, behindGap: 0 };
}

/**
 * @param time.stepMs of the metric, 0 on its first row
 * @param time.intervalMs since the row before
 * @param kind as it was said; undefined where the rows have to show it
 */
export function readCounter(
  counter: Counter,
  value: number,
  { tick, intervalMs, stepMs }: { readonly tick: Tick; readonly intervalMs: number; readonly stepMs: number },
  kind: ValueKind | undefined,
): Reading {
  const change = counter.rows === 0 ? 0 : value - counter.last;
  counter.rows += 1;
  counter.last = value;
  if (change > 0) counter.rises += 1;
  if (change < 0) counter.falls += 1;
  const before = counter.direction;
  counter.direction = kind === undefined ? findDirection(counter) : DIRECTIONS[kind];
  const restarts = counter.direction !== before;
  if (counter.direction === 0) return { value, units: 1, gap: tick.gap, restarts };
  const gap = tick.gap || counter.behindGap === 1;
  // How fast it rose before the first row is not known either.
  const unknown = change * counter.direction < 0 || counter.rows === 1;
  counter.behindGap = (gap && unknown) || (tick.gap && intervalMs > MAX_GAP_MS) ? 1 : 0;
  if (unknown || counter.behindGap === 1) return { value: null, units: 1, gap, restarts };
  if (counter.unitMs === 0 || restarts) counter.unitMs = stepMs;
  const units = intervalMs / counter.unitMs;
  return { value: change / units, units, gap, restarts };
}

function findDirection({ rows, rises, falls, direction }: Counter): number {
  const moving = rises + falls;
  if (direction !== 0) {
    const against = direction > 0 ? falls : rises;
    return against > Math.max(2, MAX_RESETS * moving) ? 0 : direction;
  }
  if (rows < FIRST_ROWS || moving < MIN_MOVING * rows) return 0;
  if (falls === 0) return 1;
  return rises === 0 ? -1 : 0;
}
