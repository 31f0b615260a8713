/** What each view finds, on a load that peaks every afternoon and less at weekends. */
import { describe, expect, it } from 'vitest';
import { RED_SCORE } from '../../src/detector/likelihood.ts';
import type { Judgement, Sample, View } from '../../src/model.ts';
import {
  createDetector,
  createNoise,
  judgeAll,
  makeLoad,
  makeSeries,
  ROWS_PER_DAY,
  START_MS,
  STEP_MS,
} from './series.ts';

const WEEK = 7 * ROWS_PER_DAY;
/** 10:00 on the Tuesday of the fourth week. */
const AT = 3 * WEEK + ROWS_PER_DAY + 120;

function judgeChanged(change: (sample: Sample, row: number) => number, rows: number): Judgement[] {
  const samples = makeLoad(AT + rows, 21);
  const detector = createDetector();
  judgeAll(detector, samples.slice(0, AT));
  return samples.slice(AT).map((sample, row) => detector.update(sample.timestampMs, change(sample, row)));
}

function findRed(judged: readonly Judgement[]): { row: number; view: View | null | undefined } {
  const row = judged.findIndex(({ episode, score }) => episode && score >= RED_SCORE);
  return { row, view: judged[row]?.view };
}

describe('the views', () => {
  it('see a spike on its own row', () => {
    expect(findRed(judgeChanged(({ value }) => value + 40, 1)).row).toBe(0);
  });

  it('see a shift of the level within two rows', () => {
    const { row } = findRed(judgeChanged(({ value }) => value + 25, 12));
    expect(row).toBeGreaterThanOrEqual(0);
    expect(row).toBeLessThanOrEqual(1);
  });

  it('see values that stand still as silence within half an hour', () => {
    const { row, view } = findRed(judgeChanged(() => 47.5, 12));
    expect(row).toBeGreaterThanOrEqual(0);
    expect(row).toBeLessThanOrEqual(6);
    expect(view).toBe('SILENCE');
  });

  it('see noise that grows as volatility', () => {
    const noise = createNoise(22);
    const judged = judgeChanged(({ value }) => value + 12 * noise(), 72);
    expect(judged.some(({ view, score }) => view === 'VOLATILITY' && score > 0.9)).toBe(true);
    expect(findRed(judged).row).toBeGreaterThanOrEqual(0);
  });

  it('see a peak that does not come', () => {
    expect(findRed(judgeChanged(() => 20 + Math.sin(AT), 144)).row).toBeGreaterThanOrEqual(0);
  });

  it('see the afternoon’s usual peak at night as anomalous for the time of day', () => {
    const noise = createNoise(23);
    const samples = makeLoad(3 * WEEK + 40, 24);
    const detector = createDetector();
    judgeAll(detector, samples.slice(0, 3 * WEEK + 24)); // until 02:00 of a Monday
    const night = samples.slice(3 * WEEK + 24).map((s) => detector.update(s.timestampMs, 68 + 2 * noise()));
    expect(findRed(night).row).toBe(0);
    // The first row is a jump, whatever the hour; the rows behind it are a level that belongs to the afternoon.
    expect(night.slice(1).some(({ view }) => view === 'TIME_OF_DAY')).toBe(true);
  });
});

describe('the shape of a week', () => {
  it('is learned: the second half of two months expects a weekend’s peak, not a weekday’s', () => {
    const judged = judgeAll(createDetector(), makeLoad(8 * WEEK, 25));
    const saturday = judged[7 * WEEK + 5 * ROWS_PER_DAY + 168]; // 14:00, where a weekday stands at 70
    expect(saturday?.expected).toBeGreaterThan(30);
    expect(saturday?.expected).toBeLessThan(55);
    const reds = judged.slice(4 * WEEK).filter(({ episode, score }) => episode && score >= RED_SCORE);
    expect(reds.length).toBeLessThanOrEqual(1);
  });
});

describe('the band', () => {
  it('holds about 99 of 100 values', () => {
    const samples = makeLoad(6 * WEEK, 26);
    const judged = judgeAll(createDetector(), samples).slice(2 * WEEK);
    const inside = judged.filter(({ low, high }, i) => {
      const value = samples[2 * WEEK + i]?.value ?? NaN;
      return value >= low && value <= high;
    });
    expect(inside.length / judged.length).toBeGreaterThan(0.975);
    expect(inside.length / judged.length).toBeLessThan(0.998);
  });
});

describe('the resolution', () => {
  const steps = makeSeries({ rows: 600 }, (row) => 50 + (row % 2));

  it('comes from min and max, and a change below it is nothing', () => {
    const detector = createDetector({ min: 0, max: 1140 }); // resolution 10
    judgeAll(detector, steps);
    expect(detector.update((steps.at(-1)?.timestampMs ?? 0) + 300_000, 59).score).toBe(0);
    expect(detector.update((steps.at(-1)?.timestampMs ?? 0) + 600_000, 150).score).toBeGreaterThan(0.999);
  });

  it('does not hide how far a deviation lies beyond it, when the bounds are far wider than the metric', () => {
    const noise = createNoise(28);
    const detector = createDetector({ min: 0, max: 1000 });
    judgeAll(
      detector,
      makeSeries({ rows: 400 }, () => 50 + noise()),
    );
    expect(detector.update(START_MS + 400 * STEP_MS, 900).score).toBeGreaterThanOrEqual(RED_SCORE);
  });

  it('is at least minResolution (row 17)', () => {
    const detector = createDetector({ minResolution: 20 });
    judgeAll(detector, steps);
    expect(detector.update((steps.at(-1)?.timestampMs ?? 0) + 300_000, 69).score).toBe(0);
  });

  it('is learned when nothing is given', () => {
    const detector = createDetector();
    judgeAll(detector, steps);
    expect(detector.update((steps.at(-1)?.timestampMs ?? 0) + 300_000, 69).score).toBeGreaterThan(0.999);
  });

  it('lets values lie outside min and max', () => {
    const detector = createDetector({ min: 0, max: 1 });
    expect(judgeAll(detector, makeLoad(600, 27)).every(({ score }) => score <= 1)).toBe(true);
  });
});
