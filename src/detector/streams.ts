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

/** Streams by place: the value itself, its level over the shortest span first, changes, spreads. */
export const VALUE_STREAM = 0;
export const SHORT_LEVEL_STREAM = 1;
const FIRST_LEVEL = SHORT_LEVEL_STREAM;
const FIRST_CHANGE = FIRST_LEVEL + LEVEL_SPANS.length;
const FIRST_SPREAD = FIRST_CHANGE + CHANGE_SPANS.length;

export interface Streams {
  readonly levels: Float64Array;
  readonly origins: Float64Array;
  readonly centres: Float64Array;
  readonly variances: Float64Array;
  /** The sum of the squared weights of a level's rows: large while few rows carry it. */
  readonly concentrations: Float64Array;
  /** Steps since changes and spreads started anew. */
  settledSteps: number;
  /** The streams' present values, in the order of STREAM_KINDS. */
  readonly now: Float64Array;
  /** How much of its usual steadiness each has, in (0, 1]: deviations count that much. */
  readonly steadiness: Float64Array;
}

export function createStreams(): Streams {
  return {
    levels: new Float64Array(LEVEL_SPANS.length),
    origins: new Float64Array(CHANGE_SPANS.length),
    centres: new Float64Array(SPREAD_SPANS.length),
    variances: new Float64Array(SPREAD_SPANS.length),
    concentrations: new Float64Array(LEVEL_SPANS.length),
    settledSteps: 0,
    now: new Float64Array(STREAM_KINDS.length),
    steadiness: new Float64Array(STREAM_KINDS.length).fill(1),
  };
}

/** The weight of the newest value when one step weighs `single`, after several steps. */
function weightAfter(single: number, steps: number): number {
  return steps === 1 ? single : 1 - (1 - single) ** steps;
}

/**
 * Derives the streams of a row. Up to two missing rows are taken to lie on the line to it. Behind a gap, changes and
 * spreads start anew: they are about the last rows.
 */
export function deriveStreams(streams: Streams, value: number, tick: Tick, first: boolean): void {
  const { levels, origins, centres, concentrations } = streams;
  if (first) {
    levels.fill(value);
    concentrations.fill(1);
  }
  if (first || tick.gap) {
    origins.fill(value);
    centres.fill(value);
    streams.settledSteps = 0;
  }
  const last = readCell(streams.now, VALUE_STREAM);
  // Without its missing rows a series would seem to jump: further than ever, or further than the next anomaly does.
  const missing = first || tick.gap ? 0 : tick.steps - 1;
  for (let i = 1; i <= missing; i++) deriveStep(streams, last + ((value - last) * i) / tick.steps, 1);
  deriveStep(streams, value, tick.gap ? tick.steps : 1);
}

/** A gap says nothing about the spread: what was known of it is carried over, as if one step had gone by. */
function deriveStep(streams: Streams, value: number, steps: number): void {
  streams.now[VALUE_STREAM] = value;
  deriveLevels(streams, value, steps);
  deriveChanges(streams, value, steps);
  deriveSpreads(streams, value);
  streams.settledSteps += steps;
}

/**
 * A level carried by few rows (at the start, behind a gap) is as restless as they are; its deviations are scaled
 * by the standard deviation it usually has to the one it has now, taking rows as independent.
 */
function deriveLevels(streams: Streams, value: number, steps: number): void {
  const { levels, concentrations, now, steadiness } = streams;
  for (let i = 0; i < LEVEL_SPANS.length; i++) {
    const single = 1.6 / ((LEVEL_SPANS[i] ?? 0) + 1);
    const weight = weightAfter(single, steps);
    levels[i] = readCell(levels, i) + weight * (value - readCell(levels, i));
    concentrations[i] = (1 - weight) ** 2 * readCell(concentrations, i) + weight ** 2;
    now[FIRST_LEVEL + i] = readCell(levels, i);
    const usual = single / (2 - single);
    steadiness[FIRST_LEVEL + i] = Math.min(1, Math.sqrt(usual / readCell(concentrations, i)));
  }
}

/** Changes and spreads are about a centre; until it trails the value as far as usual they are too small. */
function deriveChanges(streams: Streams, value: number, steps: number): void {
  const { origins, now, steadiness } = streams;
  for (let i = 0; i < CHANGE_SPANS.length; i++) {
    const single = 1 / (CHANGE_SPANS[i] ?? 1);
    const change = value - readCell(origins, i);
    origins[i] = readCell(origins, i) + weightAfter(single, steps) * change;
    now[FIRST_CHANGE + i] = change;
    steadiness[FIRST_CHANGE + i] = weightAfter(single, streams.settledSteps) ** 2;
  }
}

function deriveSpreads(streams: Streams, value: number): void {
  const { centres, variances, now, steadiness } = streams;
  for (let i = 0; i < SPREAD_SPANS.length; i++) {
    const weight = 2 / ((SPREAD_SPANS[i] ?? 0) + 1);
    const change = value - readCell(centres, i);
    centres[i] = readCell(centres, i) + weight * change;
    variances[i] = (1 - weight) * (readCell(variances, i) + weight * change * change);
    now[FIRST_SPREAD + i] = Math.sqrt(readCell(variances, i));
    steadiness[FIRST_SPREAD + i] = weightAfter(weight, streams.settledSteps) ** 2;
  }
}
