/**
 * One series seen in ten ways: its value, its level over four spans, its change against three spans, how much it
 * varies over two. All are exponentially weighted, so a span is a number of steps, whatever rows are missing, and
 * costs one number of memory.
 */
import type { View } from '../model.ts';
import { readCell } from './cells.ts';
import type { Tick } from './clock.ts';

const LEVEL_SPANS = [5, 15, 45, 135] as const;
const CHANGE_SPANS = [2, 8, 32] as const;
const SPREAD_SPANS = [12, 40] as const;

export interface StreamKind {
  readonly view: View;
  /** Whether it lies where the value lies (and must be remembered relative to an anchor) or around 0. */
  readonly anchored: boolean;
  /** How much of the smallest step of the value it can move by. */
  readonly quanta: number;
}

export const STREAM_KINDS: readonly StreamKind[] = [
  { view: 'LEVEL', anchored: true, quanta: 1 },
  ...LEVEL_SPANS.map((): StreamKind => ({ view: 'LEVEL', anchored: true, quanta: 0.3 })),
  ...CHANGE_SPANS.map((): StreamKind => ({ view: 'TREND', anchored: false, quanta: 1 })),
  ...SPREAD_SPANS.map((): StreamKind => ({ view: 'VOLATILITY', anchored: false, quanta: 0.3 })),
];

/** Streams by place: the value itself, and its level over the shortest span. */
export const VALUE_STREAM = 0;
export const SHORT_LEVEL_STREAM = 1;

export interface Streams {
  readonly levels: Float64Array;
  readonly origins: Float64Array;
  readonly centres: Float64Array;
  readonly variances: Float64Array;
  /** The streams' present values, in the order of STREAM_KINDS. */
  readonly now: Float64Array;
}

export function createStreams(): Streams {
  return {
    levels: new Float64Array(LEVEL_SPANS.length),
    origins: new Float64Array(CHANGE_SPANS.length),
    centres: new Float64Array(SPREAD_SPANS.length),
    variances: new Float64Array(SPREAD_SPANS.length),
    now: new Float64Array(STREAM_KINDS.length),
  };
}

/** The weight of the newest value when one step weighs `single`, after several steps. */
function weightAfter(single: number, steps: number): number {
  return steps === 1 ? single : 1 - (1 - single) ** steps;
}

/** Derives the streams of a row. Behind a gap, changes and spreads start anew: they are about the last rows. */
export function deriveStreams(streams: Streams, value: number, tick: Tick, first: boolean): void {
  const { levels, origins, centres, variances, now } = streams;
  if (first) levels.fill(value);
  if (first || tick.gap) {
    origins.fill(value);
    centres.fill(value);
  }
  let place = VALUE_STREAM;
  now[place++] = value;
  for (let i = 0; i < LEVEL_SPANS.length; i++) {
    const weight = weightAfter(1.6 / ((LEVEL_SPANS[i] ?? 0) + 1), tick.steps);
    levels[i] = readCell(levels, i) + weight * (value - readCell(levels, i));
    now[place++] = readCell(levels, i);
  }
  for (let i = 0; i < CHANGE_SPANS.length; i++) {
    const change = value - readCell(origins, i);
    origins[i] = readCell(origins, i) + weightAfter(1 / (CHANGE_SPANS[i] ?? 1), tick.steps) * change;
    now[place++] = change;
  }
  for (let i = 0; i < SPREAD_SPANS.length; i++) {
    const weight = weightAfter(2 / ((SPREAD_SPANS[i] ?? 0) + 1), tick.steps);
    const change = value - readCell(centres, i);
    centres[i] = readCell(centres, i) + weight * change;
    variances[i] = (1 - weight) * (readCell(variances, i) + weight * change * change);
    now[place++] = Math.sqrt(readCell(variances, i));
  }
}
