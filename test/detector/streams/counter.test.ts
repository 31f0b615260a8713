/** What a metric is said to be decides what of it is scored, from its first row on. */
import { describe, expect, it } from 'vitest';
import type { Judgement, ModelParams } from '../../../src/model.ts';
import { RED_SCORE } from '../../../src/detector/likelihood.ts';
import { streamsDetector } from '../../../src/detector/streams/streams-detector.ts';

const START = Date.parse('2026-01-05T00:00:00Z');
const STEP_MS = 60_000;
const ROWS = 3000;

/** Requests served: about 100 a minute; a restart begins a new sum. */
function countRequests(
  options: { readonly restartAt?: number; readonly burstAt?: number; readonly from?: number } = {},
): number[] {
  let sum = options.from ?? 5e9;
  return Array.from({ length: ROWS }, (_, row) => {
    if (row === options.restartAt) sum = 0;
    sum += 100 + ((row * 7919) % 13) + (row === options.burstAt ? 5000 : 0);
    return sum;
  });
}

function judgeAll(values: readonly number[], params: ModelParams): Judgement[] {
  const detector = streamsDetector.create(params);
  return values.map((value, row) => detector.update(START + row * STEP_MS, value));
}

describe('a metric that is said to be a counter', () => {
  it('is scored by its rate from its second row on, and expected where its sum is to be', () => {
    const values = countRequests();
    const judgements = judgeAll(values, { valueKind: 'COUNTER' });
    for (const [row, { expected, low, high }] of judgements.entries()) {
      const value = values[row] ?? 0;
      if (row < 5) continue;
      expect(Math.abs(expected - value)).toBeLessThan(30);
      expect(low).toBeLessThanOrEqual(high);
    }
    expect(judgements.filter(({ score }) => score >= RED_SCORE)).toEqual([]);
  });

  it.each([5, 60, 2000])('takes a fall at row %i for a restart', (restartAt) => {
    const judgements = judgeAll(countRequests({ restartAt }), { valueKind: 'COUNTER' });
    expect(judgements[restartAt]).toMatchObject({ score: 0, view: null });
    expect(judgements.slice(restartAt).filter(({ score }) => score >= RED_SCORE)).toEqual([]);
  });

  it('stays one however often it restarts', () => {
    const values = Array.from({ length: ROWS }, (_, row) => (row % 10) * 100);
    const judgements = judgeAll(values, { valueKind: 'COUNTER' });
    // Every tenth row is a restart; those between rise by 100 each.
    expect(judgements.slice(2000).every(({ score }) => score < RED_SCORE)).toBe(true);
    expect(judgements.at(-1)).toMatchObject({ expected: 900 });
  });

  // A sum is millions of times its rate after some weeks: what is nothing to the one is much to the other.
  it.each([0, 1e6, 1e9, 1e12])(
    'is anomalous when it rises far faster, and then alone, from a sum of %d',
    (from) => {
      const [restartAt, burstAt] = [2000, 2500];
      for (const params of [{ valueKind: 'COUNTER' } as const, {}]) {
        const judgements = judgeAll(countRequests({ restartAt, burstAt, from }), params);
        const reds = judgements.flatMap(({ score }, row) => (score >= RED_SCORE ? [row] : []));
        expect(reds).toEqual([burstAt]);
      }
    },
  );

  it('goes on bit for bit from a snapshot taken anywhere', () => {
    const params = { valueKind: 'COUNTER' } as const;
    const values = countRequests({ restartAt: 700, burstAt: 900 }).slice(0, 1000);
    const whole = judgeAll(values, params);
    for (const cut of [1, 2, 59, 60, 700, 901]) {
      const before = streamsDetector.create(params);
      for (const [row, value] of values.slice(0, cut).entries()) before.update(START + row * STEP_MS, value);
      const after = streamsDetector.restore(before.snapshot(), params);
      const rest = values.slice(cut).map((value, row) => after?.update(START + (cut + row) * STEP_MS, value));
      expect(rest).toEqual(whole.slice(cut));
    }
  });
});

describe('a metric that is said to be a gauge', () => {
  it('is scored by its value, though it only rises', () => {
    const disk = Array.from({ length: ROWS }, (_, row) => 1000 + row);
    const asGauge = judgeAll(disk, { valueKind: 'GAUGE' });
    const untold = judgeAll(disk, {});
    expect(asGauge.slice(0, 59)).toEqual(untold.slice(0, 59));
    expect(asGauge.slice(60)).not.toEqual(untold.slice(60));
  });
});
