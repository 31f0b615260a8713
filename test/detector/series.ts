/** Series made in code, the same for the same seed. */
import type { Detector } from '../../src/detector/detector.ts';
import { DETECTOR_KINDS } from '../../src/detector/detector-kinds.ts';
import type { Judgement, ModelParams, Sample } from '../../src/model.ts';

/** A Monday, 00:00 UTC. */
export const START_MS = Date.UTC(2024, 0, 1);
export const STEP_MS = 300_000;
export const ROWS_PER_DAY = 288;

/** A seeded generator of numbers in [0, 1) (32-bit xorshift, Marsaglia 2003). */
export function createRandom(seed: number): () => number {
  let state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4294967296;
  };
}

/** Normal noise with mean 0 and standard deviation 1 (Box and Muller 1958). */
export function createNoise(seed: number): () => number {
  const random = createRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export interface SeriesOptions {
  readonly rows: number;
  readonly stepMs?: number;
  readonly startMs?: number;
}

/** One sample a step, its value from the row's number and time. */
export function makeSeries(
  options: SeriesOptions,
  valueOf: (row: number, timestampMs: number) => number,
): Sample[] {
  const { rows, stepMs = STEP_MS, startMs = START_MS } = options;
  return Array.from({ length: rows }, (_, row) => {
    const timestampMs = startMs + row * stepMs;
    return { timestampMs, value: valueOf(row, timestampMs) };
  });
}

/** A load that peaks every afternoon, less at weekends, with noise. */
export function makeLoad(rows: number, seed: number): Sample[] {
  const noise = createNoise(seed);
  return makeSeries({ rows }, (_, timestampMs) => {
    const day = Math.floor(timestampMs / 86_400_000 + 3) % 7; // 0 is Monday
    const hour = (timestampMs / 3_600_000) % 24;
    const peak = 50 * Math.exp(-(((hour - 14) / 5) ** 2)) * (day >= 5 ? 0.4 : 1);
    return 20 + peak + 2.5 * noise();
  });
}

export function createDetector(params: ModelParams = {}): Detector {
  return DETECTOR_KINDS[0].create(params);
}

export function judgeAll(detector: Detector, samples: readonly Sample[]): Judgement[] {
  return samples.map(({ timestampMs, value }) => detector.update(timestampMs, value));
}
