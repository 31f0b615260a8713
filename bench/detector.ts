/**
 * What a model costs: npm run bench:detector. Microseconds per point and bytes of state over a million points (9.5
 * years of 5 minutes), beside a windowed Gaussian. One JSON line a figure.
 *
 * npm has no streaming random cut forest or half-space trees to compare with: its isolation forests are batch
 * programs that see the whole series.
 */
import { DETECTOR_KINDS } from '../src/detector/detector-kinds.ts';
import type { Sample } from '../src/model.ts';
import { makeLoad } from './detector-load.ts';

const POINTS = 1_000_000;
const MEASURED_AT = [1000, 10_000, 100_000, POINTS];

interface Candidate {
  readonly name: string;
  update(timestampMs: number, value: number): unknown;
  stateBytes(): number;
}

/** The public benchmark's baseline: distance to mean and deviation of the last 6400 values, refreshed each 100. */
function createWindowedGaussian(): Candidate {
  const window = new Float64Array(6400);
  let rows = 0;
  let mean = 0;
  let deviation = 1;
  const refresh = (): void => {
    const known = window.subarray(0, Math.min(rows, window.length));
    mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    deviation = Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length) || 1;
  };
  return {
    name: 'windowed Gaussian',
    update(_timestampMs, value) {
      window[rows % window.length] = value;
      rows += 1;
      if (rows % 100 === 0) refresh();
      return Math.abs(value - mean) / deviation;
    },
    stateBytes: () => window.byteLength + 24,
  };
}

function createOurs(): Candidate {
  const detector = DETECTOR_KINDS[0].create({});
  return {
    name: DETECTOR_KINDS[0].name,
    update: (timestampMs, value) => detector.update(timestampMs, value),
    stateBytes: () => detector.snapshot().byteLength,
  };
}

function measure(candidate: Candidate, samples: readonly Sample[]): void {
  let row = 0;
  for (const until of MEASURED_AT) {
    const from = row;
    const start = process.hrtime.bigint();
    for (; row < until; row++) {
      const sample = samples[row];
      if (sample !== undefined) candidate.update(sample.timestampMs, sample.value);
    }
    const microseconds = Number(process.hrtime.bigint() - start) / 1000 / (until - from);
    const name = `${candidate.name} up to ${until} points`;
    print(`${name}: time`, Number(microseconds.toFixed(3)), 'µs/point');
    print(`${name}: state`, candidate.stateBytes(), 'bytes');
  }
}

function print(name: string, value: number, unit: string): void {
  console.log(JSON.stringify({ name, value, unit }));
}

const samples = makeLoad(POINTS, 1);
measure(createOurs(), samples);
measure(createWindowedGaussian(), samples);
