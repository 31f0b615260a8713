/** Cases in which simple streaming detectors are known to fail. */
import { describe, expect, it } from 'vitest';
import { RED_SCORE, YELLOW_SCORE } from '../../src/detector/likelihood.ts';
import type { Judgement, Sample } from '../../src/model.ts';
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

function countRedEpisodes(judgements: readonly Judgement[]): number {
  return judgements.filter(({ episode, score }) => episode && score >= RED_SCORE).length;
}

function judgeAfter(history: readonly Sample[], next: readonly Sample[]): Judgement[] {
  const detector = createDetector();
  judgeAll(detector, history);
  return judgeAll(detector, next);
}

describe('a constant metric', () => {
  const still = makeSeries({ rows: 1000 }, () => 5);
  const after = (value: number) => [{ timestampMs: START_MS + 1000 * STEP_MS, value }];

  it('never alarms while it stands still', () => {
    expect(judgeAll(createDetector(), still).every(({ score }) => score === 0)).toBe(true);
  });

  it('takes a change of a hundredth of a millionth for nothing', () => {
    expect(judgeAfter(still, after(5.0000001))[0]?.score).toBe(0);
  });

  it('is red when it really changes', () => {
    expect(judgeAfter(still, after(6))[0]?.score).toBeGreaterThanOrEqual(RED_SCORE);
  });
});

describe('a metric with a slow trend', () => {
  it('does not alarm because it grows', () => {
    const noise = createNoise(3);
    const growing = makeSeries({ rows: 8 * WEEK }, (row) => 100 + row / 200 + 0.5 * noise());
    const judged = judgeAll(createDetector(), growing).slice(WEEK);
    expect(countRedEpisodes(judged)).toBeLessThanOrEqual(3);
  });
});

describe('a gap', () => {
  it.each([4, 12, 40, 288, 3 * 288])('of %i rows does not alarm on the first rows behind it', (missing) => {
    const samples = makeLoad(3 * WEEK, 11);
    const start = 2 * WEEK + 100;
    const behind = judgeAfter(samples.slice(0, start), samples.slice(start + missing, start + missing + 40));
    expect(countRedEpisodes(behind)).toBe(0);
  });

  it('does not hide an anomaly that comes an hour behind it', () => {
    const samples = makeLoad(3 * WEEK, 12);
    const history = [...samples.slice(0, 2 * WEEK), ...samples.slice(2 * WEEK + 60, 2 * WEEK + 72)];
    const next = samples.slice(2 * WEEK + 72, 2 * WEEK + 73).map((s) => ({ ...s, value: s.value + 60 }));
    expect(judgeAfter(history, next)[0]?.score).toBeGreaterThanOrEqual(RED_SCORE);
  });
});

describe('missing rows', () => {
  it('change no verdict on a clear anomaly, and raise no alarm of their own', () => {
    const random = createNoise(13);
    const samples = makeLoad(4 * WEEK, 14).filter(() => random() < 1.6); // about one in twenty is lost
    const at = samples.length - 500;
    const next = samples.slice(at, at + 1).map((s) => ({ ...s, value: s.value + 60 }));
    expect(judgeAfter(samples.slice(0, at), next)[0]?.score).toBeGreaterThanOrEqual(RED_SCORE);
    expect(countRedEpisodes(judgeAll(createDetector(), samples).slice(WEEK))).toBeLessThanOrEqual(2);
  });
});

describe('a step of any length', () => {
  it.each([
    ['a second', 1000],
    ['a minute', 60_000],
    ['an hour', 3_600_000],
    ['a day', 86_400_000],
  ])('of %s: noise is calm and a spike is red', (_, stepMs) => {
    const noise = createNoise(15);
    const calm = makeSeries({ rows: 4000, stepMs }, () => 50 + 5 * noise());
    expect(countRedEpisodes(judgeAll(createDetector(), calm).slice(300))).toBeLessThanOrEqual(2);
    const spike = [{ timestampMs: START_MS + 4000 * stepMs, value: 120 }];
    expect(judgeAfter(calm, spike)[0]?.score).toBeGreaterThanOrEqual(RED_SCORE);
  });
});

describe('one long incident', () => {
  it('opens once, not on every row', () => {
    const samples = makeLoad(3 * WEEK, 16);
    const at = 2 * WEEK + 150;
    const shifted = samples.slice(at, at + 144).map((s) => ({ ...s, value: s.value + 40 }));
    const judged = judgeAfter(samples.slice(0, at), shifted);
    expect(judged[0]?.episode).toBe(true);
    expect(judged[0]?.score).toBeGreaterThanOrEqual(RED_SCORE);
    expect(countRedEpisodes(judged)).toBeLessThanOrEqual(2);
  });
});

describe('an old disaster', () => {
  it('does not hide what is unusual half a year later', () => {
    const samples = makeLoad(60 * WEEK, 17);
    const history = samples.slice(0, 56 * WEEK);
    history[2 * WEEK] = { timestampMs: START_MS + 2 * WEEK * STEP_MS, value: 100_000 };
    const next = samples.slice(56 * WEEK, 56 * WEEK + 1).map((s) => ({ ...s, value: s.value + 100 }));
    expect(judgeAfter(history, next)[0]?.score).toBeGreaterThanOrEqual(YELLOW_SCORE);
  });
});
