/** Samples whose blocks, as version 1 wrote them, are kept in stored-blocks.json: together they need every code there is. */
import type { StoredSample } from '../../../../src/core/samples/stored-sample.ts';
import { ANOMALY_PHASES, VIEWS } from '../../../../src/model.ts';

const ROWS = 90;
const START_MS = Date.parse('2026-03-01T00:00:00Z');

/** Any 32 bits, the same every time. */
function scramble(row: number): number {
  let state = Math.imul(row + 1, 0x9e37_79b1) >>> 0;
  state = Math.imul(state ^ (state >>> 15), 0x85eb_ca6b) >>> 0;
  return (state ^ (state >>> 13)) >>> 0;
}

const share = (row: number) => scramble(row) / 2 ** 32;

function makeSample(row: number): StoredSample {
  return {
    metricNumber: 7,
    rowId: 100 + row,
    timestampMs: START_MS + row * 60_000,
    value: Math.round(share(row) * 10_000) / 100,
    seq: 5000 + row * 3,
    score: 0,
    expected: 50.25 + (row % 7) / 16,
    low: 40.5 + (row % 3) / 16,
    high: 60.75,
    rawScore: 0,
    view: null,
    provisional: false,
    episode: false,
    phase: null,
  };
}

type Change = (row: number) => Partial<StoredSample>;

const CHANGES: Readonly<Record<string, Change>> = {
  plain: () => ({}),
  'values with all their digits': (row) => ({ value: share(row) * 1e6, rawScore: Math.fround(share(-row)) }),
  'scores near 1': (row) => ({ score: 1 - 2 ** -(1 + (row % 20)), phase: ANOMALY_PHASES[row % 6] ?? null }),
  'scores with all their digits': (row) => ({
    score: share(row) * share(row) * share(row),
    episode: row % 9 === 0,
  }),
  'scores of few bits': (row) => ({ score: Math.fround(share(row)), rawScore: Math.fround(share(row + 1)) }),
  'a range of all digits': (row) => ({ expected: share(row), low: share(row) - 1, high: share(row) + 1 / 3 }),
  'large steps': (row) => ({
    value: scramble(row) * 2 ** 15,
    timestampMs: START_MS + row * 60_000 + (row > 50 ? 86_400_000 : 0),
    seq: scramble(row) * 2 ** 20 + row,
  }),
  'numbers beyond whole ones': (row) => ({ seq: 2 ** 53 - 1 - row, value: row % 2 === 0 ? 1e300 : -1e-300 }),
  'values that are no numbers': (row) => ({ value: [NaN, Infinity, -Infinity, -0, 0][row % 5] ?? 0 }),
  'a value now and then that fits nothing': (row) => ({ value: row % 30 === 11 ? Math.PI * row : row / 10 }),
  'nothing but a value': (row) => ({
    ...(row % 3 === 0 && { seq: null, score: null, expected: null, low: null, high: null, rawScore: null }),
  }),
  'long runs': (row) => ({
    value: Math.floor(row / 30),
    view: VIEWS[Math.floor(row / 20)] ?? null,
    provisional: row < 40,
    rowId: row < 45 ? 100 + row : 1_000_000 + row,
  }),
};

/** @returns by what is special of them */
export function listStoredSamples(): ReadonlyMap<string, readonly StoredSample[]> {
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  return new Map(
    Object.entries(CHANGES).map(([name, change]) => [
      name,
      rows.map((row) => ({ ...makeSample(row), ...change(row) })),
    ]),
  );
}
