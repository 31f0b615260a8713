/**
 * The detector: eleven views of one series, each compared with its usual value at this time of day, each judged
 * by how far it goes beyond the largest deviations seen so far.
 */
import type { Judgement, ModelParams, View } from '../model.ts';
import type { Contribution, Detector, DetectorKind } from './detector.ts';
import { scoreOfProbability } from './likelihood.ts';
import { openState, type State } from './state.ts';

const VERSION = 1;
const LEARNING_ROWS = 288;
const SLOTS = 48;
const DAY_MS = 86_400_000;
const KEPT = 5;
const STEPS_KEPT = 15;
const MEAN_SPANS = [3, 10, 30, 100];
const SLOPE_SPANS = [1, 5, 20];
const SPREAD_SPANS = [10, 30, 100];
const STREAMS = 1 + MEAN_SPANS.length + SLOPE_SPANS.length + SPREAD_SPANS.length;
/** Surprise at which a point is as rare as one in 100,000. */
const RED_SURPRISE = 4.4;
const QUIET_STEPS = 120;
const REOPEN_FACTOR = 3;

const SIZES = {
  scalars: 16,
  steps: STEPS_KEPT,
  means: MEAN_SPANS.length,
  slopes: SLOPE_SPANS.length,
  spreadMeans: SPREAD_SPANS.length,
  spreads: SPREAD_SPANS.length,
  slow: STREAMS,
  largest: STREAMS * KEPT,
  profile: STREAMS * SLOTS,
  visits: STREAMS * SLOTS,
  streams: STREAMS,
  surprises: STREAMS,
};
type Name = keyof typeof SIZES;

/** Places in `scalars`. */
const ROWS = 0;
const LAST_MS = 1;
const EPISODE_MS = 2;
const EPISODE_SURPRISE = 3;
const RESOLUTION = 4;
const RESOLUTION_GIVEN = 5;
const LOWEST = 6;
const HIGHEST = 7;
const MIN_RESOLUTION = 8;

const VIEW_OF_STREAM: readonly View[] = [
  'LEVEL',
  ...MEAN_SPANS.map((): View => 'LEVEL'),
  ...SLOPE_SPANS.map((): View => 'TREND'),
  ...SPREAD_SPANS.map((): View => 'VOLATILITY'),
];

function at(cells: Float64Array, place: number): number {
  return cells[place] ?? 0;
}

function measureStep(cells: Record<Name, Float64Array>, rows: number): number {
  const kept = Math.min(rows - 1, STEPS_KEPT);
  if (kept < 1) return 1;
  const sorted = cells.steps.slice(0, kept).sort();
  return at(sorted, kept >> 1);
}

function learnResolution(scalars: Float64Array, value: number): void {
  if (at(scalars, RESOLUTION_GIVEN) === 1 || at(scalars, ROWS) > LEARNING_ROWS) return;
  const first = at(scalars, ROWS) === 1;
  scalars[LOWEST] = first ? value : Math.min(at(scalars, LOWEST), value);
  scalars[HIGHEST] = first ? value : Math.max(at(scalars, HIGHEST), value);
  const range = (at(scalars, HIGHEST) - at(scalars, LOWEST)) / 114;
  scalars[RESOLUTION] = Math.max(at(scalars, MIN_RESOLUTION), range, Math.abs(value) * 1e-6);
}

function deriveStreams(
  cells: Record<Name, Float64Array>,
  value: number,
  elapsed: number,
  first: boolean,
): void {
  const { streams, means, slopes, spreads, spreadMeans } = cells;
  let stream = 0;
  streams[stream++] = value;
  for (const [i, span] of MEAN_SPANS.entries()) {
    const weight = first ? 1 : 1 - (1 - 1.6 / (span + 1)) ** elapsed;
    means[i] = at(means, i) + weight * (value - at(means, i));
    streams[stream++] = at(means, i);
  }
  for (const [i, span] of SLOPE_SPANS.entries()) {
    if (first) slopes[i] = value;
    streams[stream++] = value - at(slopes, i);
    slopes[i] = at(slopes, i) + (1 - (1 - 1 / span) ** elapsed) * (value - at(slopes, i));
  }
  for (const [i, span] of SPREAD_SPANS.entries()) {
    if (first) spreadMeans[i] = value;
    const weight = 1 - (1 - 2 / (span + 1)) ** elapsed;
    const change = value - at(spreadMeans, i);
    spreadMeans[i] = at(spreadMeans, i) + weight * change;
    spreads[i] = (1 - weight) * (at(spreads, i) + weight * change * change);
    streams[stream++] = Math.sqrt(at(spreads, i));
  }
}

function judgeStream(cells: Record<Name, Float64Array>, stream: number, slot: number, rows: number): number {
  const { largest, profile, visits, slow, scalars } = cells;
  const value = at(cells.streams, stream);
  const cell = stream * SLOTS + slot;
  if (rows === 1) slow[stream] = value;
  const usual = at(visits, cell) >= 3 ? at(profile, cell) : at(slow, stream);
  const residual = Math.abs(value - usual);
  visits[cell] = at(visits, cell) + 1;
  profile[cell] = at(profile, cell) + (value - at(profile, cell)) / Math.min(at(visits, cell), 20);
  slow[stream] = at(slow, stream) + (value - at(slow, stream)) / Math.min(rows, 1000);
  const kept = largest.subarray(stream * KEPT, stream * KEPT + KEPT);
  let smallest = 0;
  let sum = 0;
  for (let i = 0; i < KEPT; i++) {
    sum += at(kept, i);
    if (at(kept, i) < at(kept, smallest)) smallest = i;
  }
  const bound = at(kept, smallest);
  if (residual <= bound) return 0;
  kept[smallest] = residual;
  const excess = Math.max(sum / KEPT - bound, at(scalars, RESOLUTION));
  if (rows <= 60 || residual <= at(scalars, RESOLUTION) || excess === 0) return 0;
  const surprise = 0.5 * Math.log10(rows / KEPT) + (residual - bound) / (excess * Math.LN10);
  return (surprise * rows) / (rows + 200);
}

function expectValue(cells: Record<Name, Float64Array>, slot: number): { expected: number; reach: number } {
  const rows = at(cells.scalars, ROWS);
  const expected = at(cells.visits, slot) >= 3 ? at(cells.profile, slot) : at(cells.slow, 0);
  let smallest = Infinity;
  let sum = 0;
  for (let i = 0; i < KEPT; i++) {
    sum += at(cells.largest, i);
    smallest = Math.min(smallest, at(cells.largest, i));
  }
  const excess = Math.max(sum / KEPT - smallest, at(cells.scalars, RESOLUTION));
  const reach = smallest + excess * Math.max(0, Math.log(KEPT / (Math.max(rows, 1) * 1e-3)));
  return { expected, reach };
}

function judge(cells: Record<Name, Float64Array>, timestampMs: number, value: number): Judgement {
  const { scalars, steps, surprises } = cells;
  const before = at(scalars, ROWS);
  if (!Number.isFinite(timestampMs) || (before > 0 && timestampMs <= at(scalars, LAST_MS))) {
    throw new RangeError(
      `timestampMs must be after the last point's ${at(scalars, LAST_MS)}, got ${timestampMs}`,
    );
  }
  if (!Number.isFinite(value)) throw new RangeError(`value must be finite, got ${value}`);
  const slot = Math.floor((((timestampMs % DAY_MS) + DAY_MS) % DAY_MS) / (DAY_MS / SLOTS));
  if (before === 0) cells.slow[0] = value;
  const { expected, reach } = expectValue(cells, slot);
  const rows = before + 1;
  if (before > 0) steps[(before - 1) % STEPS_KEPT] = timestampMs - at(scalars, LAST_MS);
  const step = measureStep(cells, rows);
  const elapsed = before > 0 ? Math.max(1, Math.round((timestampMs - at(scalars, LAST_MS)) / step)) : 1;
  scalars[ROWS] = rows;
  scalars[LAST_MS] = timestampMs;
  learnResolution(scalars, value);
  deriveStreams(cells, value, elapsed, before === 0);
  let sum = 0;
  let strongest = 0;
  for (let stream = 0; stream < STREAMS; stream++) {
    const surprise = judgeStream(cells, stream, slot, rows);
    surprises[stream] = surprise;
    sum += surprise * surprise;
    if (surprise > at(surprises, strongest)) strongest = stream;
  }
  const surprise = Math.sqrt(sum);
  const score = scoreOfProbability(10 ** ((-5 * surprise) / RED_SURPRISE));
  const quiet = at(scalars, EPISODE_MS) === 0 || timestampMs - at(scalars, EPISODE_MS) > QUIET_STEPS * step;
  const episode = surprise > 0.3 && (quiet || surprise > REOPEN_FACTOR * at(scalars, EPISODE_SURPRISE));
  if (episode) {
    scalars[EPISODE_MS] = timestampMs;
    scalars[EPISODE_SURPRISE] = surprise;
  }
  return {
    rawScore: 1 - Math.exp(-surprise / 12),
    score,
    expected,
    low: expected - reach,
    high: expected + reach,
    provisional: rows <= LEARNING_ROWS,
    episode,
    view: surprise > 0 ? (VIEW_OF_STREAM[strongest] ?? null) : null,
  };
}

function explainStreams(cells: Record<Name, Float64Array>): Contribution[] {
  const shares = new Map<View, number>();
  let sum = 0;
  for (const surprise of cells.surprises) sum += surprise * surprise;
  if (sum === 0) return [];
  for (const [stream, view] of VIEW_OF_STREAM.entries()) {
    const share = at(cells.surprises, stream) ** 2 / sum;
    if (share > 0) shares.set(view, (shares.get(view) ?? 0) + share);
  }
  return [...shares].map(([view, share]) => ({ view, share })).sort((a, b) => b.share - a.share);
}

function createOver(state: State<Name>): Detector {
  const { cells } = state;
  return {
    update: (timestampMs, value) => judge(cells, timestampMs, value),
    explain: () => explainStreams(cells),
    get rows() {
      return at(cells.scalars, ROWS);
    },
    snapshot: () => state.save(),
  };
}

export const streamsDetector: DetectorKind = {
  name: 'streams',
  version: VERSION,
  learningRows: LEARNING_ROWS,
  create(params: ModelParams): Detector {
    const state = openState<Name>(VERSION, SIZES);
    if (state === null) throw new Error('a fresh state cannot be refused');
    const { scalars } = state.cells;
    scalars[MIN_RESOLUTION] = params.minResolution ?? 0;
    if (params.min !== undefined && params.max !== undefined) {
      scalars[RESOLUTION] = Math.max(params.minResolution ?? 0.001, (params.max - params.min) / 114);
      scalars[RESOLUTION_GIVEN] = 1;
    }
    return createOver(state);
  },
  restore(bytes: Uint8Array): Detector | null {
    const state = openState<Name>(VERSION, SIZES, bytes);
    return state === null ? null : createOver(state);
  },
};
