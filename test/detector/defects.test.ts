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
  return judgements.filter(({ phase }) => phase === 'OPENS').length;
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
  ])('of %s: noise is normal and a spike is red', (_, stepMs) => {
    const noise = createNoise(15);
    const rows = Math.max(4000, (4 * 86_400_000) / stepMs);
    const calm = makeSeries({ rows, stepMs }, () => 50 + 5 * noise());
    const weeks = (rows * stepMs) / 604_800_000;
    expect(countRedEpisodes(judgeAll(createDetector(), calm))).toBeLessThanOrEqual(1 + 0.3 * weeks);
    const spike = [{ timestampMs: START_MS + rows * stepMs, value: 120 }];
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
  it('does not hide what is anomalous half a year later', () => {
    const samples = makeLoad(60 * WEEK, 17);
    const history = samples.slice(0, 56 * WEEK);
    history[2 * WEEK] = { timestampMs: START_MS + 2 * WEEK * STEP_MS, value: 100_000 };
    const next = samples.slice(56 * WEEK, 56 * WEEK + 1).map((s) => ({ ...s, value: s.value + 100 }));
    expect(judgeAfter(history, next)[0]?.score).toBeGreaterThanOrEqual(YELLOW_SCORE);
  });
});

describe('a metric that stood still', () => {
  it.each([0, 42, -3])('at %i and then moves shows each spike that is larger than all before', (level) => {
    const noise = createNoise(31);
    const spikes = Array.from({ length: 22 }, (_, i) => ({ row: 1100 + 130 * i, size: 5 * 1.7 ** i }));
    const samples = makeSeries({ rows: 4000 }, (row) => {
      if (row < 1000) return level;
      return level + Math.abs(noise()) + (spikes.find((spike) => spike.row === row)?.size ?? 0);
    });
    const judged = judgeAll(createDetector(), samples);
    const found = spikes.filter(({ row }) => judged[row]?.phase === 'OPENS');
    expect(found.length).toBeGreaterThanOrEqual(18);
    expect(judged.every(({ score }) => Number.isFinite(score) && score < 1)).toBe(true);
  });
});

describe('the first day of a one-minute metric', () => {
  it('is provisional and opens nothing, whatever it shows', () => {
    const noise = createNoise(32);
    const samples = makeSeries(
      { rows: 1440, stepMs: 60_000 },
      (row) => 50 + noise() + (row % 400 === 399 ? 500 : 0),
    );
    const judged = judgeAll(createDetector(), samples);
    expect(judged.every(({ provisional, phase }) => provisional && phase !== 'OPENS')).toBe(true);
    expect(judged.every(({ score }) => score < RED_SCORE)).toBe(true);
  });
});

describe('steady growth', () => {
  const shapes: readonly (readonly [string, (seconds: number) => number])[] = [
    ['seconds since the start', (s) => s],
    ['a line far from zero', (s) => 1e9 + 0.1 * s],
    ['a falling line', (s) => 1e6 - 0.3 * s],
    ['a staircase of hours', (s) => Math.floor(s / 3600)],
    ['a staircase of days', (s) => 5 * Math.floor(s / 86_400)],
    ['a saw tooth of an hour', (s) => s % 3600],
    ['a saw tooth of thirty hours', (s) => s % 108_000],
    ['a saw tooth of a week', (s) => s % 604_800],
  ];
  const cases = shapes.flatMap(([name, shape]) => [60, 300, 900].map((step) => ({ name, step, shape })));
  it.each(cases)('of $name at $step s is never red within a fortnight', ({ step, shape }) => {
    const samples = makeSeries({ rows: (14 * 86_400) / step, stepMs: 1000 * step }, (row) =>
      shape(row * step),
    );
    expect(judgeAll(createDetector(), samples).every(({ score }) => score < RED_SCORE)).toBe(true);
  });

  it('of a counter is scored as its rate: it is red when it stops, not when it starts at zero again', () => {
    const noise = createNoise(33);
    let count = 0;
    const samples = makeSeries({ rows: 3 * WEEK }, (row) => {
      if (row === 2 * WEEK) count = 0;
      const stopped = row >= 3 * WEEK - 50;
      return (count += stopped ? 0 : Math.round(1000 + 30 * noise()));
    });
    const opened = judgeAll(createDetector(), samples).flatMap((j, row) =>
      j.phase === 'OPENS' ? [row] : [],
    );
    expect(opened.filter((row) => row >= 2 * WEEK && row < 2 * WEEK + 50)).toStrictEqual([]);
    expect(opened.some((row) => row >= 3 * WEEK - 50 && row < 3 * WEEK - 40)).toBe(true);
  });
});

describe('a noisy gauge that becomes constant', () => {
  it.each([50, 0, 100])(
    'at %i is red at the change, then learned within two days, and red when it moves',
    (level) => {
      const noise = createNoise(34);
      const still = 2 * WEEK;
      const moves = 6 * WEEK;
      const samples = makeSeries({ rows: moves + 100 }, (row) =>
        row >= still && row < moves ? level : 50 + 3 * noise(),
      );
      const judged = judgeAll(createDetector(), samples);
      const reds = judged.flatMap(({ score }, row) => (score >= RED_SCORE ? [row] : []));
      expect(reds.some((row) => row >= still && row < still + 6)).toBe(true);
      expect(reds.filter((row) => row >= still + 2 * ROWS_PER_DAY && row < moves)).toStrictEqual([]);
      expect(reds.some((row) => row >= moves && row < moves + 3)).toBe(true);
    },
  );
});

describe('repeated incidents', () => {
  const noise = createNoise(35);
  const base = (row: number): number => 100 + 30 * Math.sin((row / ROWS_PER_DAY) * 2 * Math.PI) + 4 * noise();

  it('are red every time: the same outage every fortnight', () => {
    const starts = [3, 5, 7, 9].map((weeks) => weeks * WEEK + 100);
    const isOut = (row: number): boolean => starts.some((start) => row >= start && row < start + 24);
    const samples = makeSeries({ rows: 10 * WEEK }, (row) => (isOut(row) ? 0 : base(row)));
    const judged = judgeAll(createDetector(), samples);
    for (const start of starts)
      expect(judged.slice(start, start + 3).some((j) => j.phase === 'OPENS')).toBe(true);
  });

  it.each([1, 12])('are red every time: spikes of %i rows two days apart', (rows) => {
    const starts = [14, 16, 18, 20, 22, 24].map((days) => days * ROWS_PER_DAY + 96);
    const isUp = (row: number): boolean => starts.some((start) => row >= start && row < start + rows);
    const samples = makeSeries({ rows: 4 * WEEK }, (row) => base(row) + (isUp(row) ? 100 : 0));
    const judged = judgeAll(createDetector(), samples);
    for (const start of starts) expect(judged[start]?.phase).toBe('OPENS');
  });

  it.each([30, 100, 10_000])('are seen although one of size %i lies in the learning rows', (size) => {
    const samples = makeSeries({ rows: 5 * ROWS_PER_DAY }, (row) => {
      if (row >= 60 && row < 72) return base(row) + size;
      return base(row) + (row >= 1200 && row < 1212 ? 120 : 0);
    });
    const judged = judgeAll(createDetector(), samples);
    expect(judged.slice(1200, 1203).some(({ score }) => score >= RED_SCORE)).toBe(true);
  });
});

describe('an absurd value', () => {
  it.each([1.7976931348623157e308, -1e200, 1e40, 1e39])(
    'of %d blinds no longer than a large outlier',
    (absurd) => {
      const play = (outlier: number): Judgement[] => {
        const noise = createNoise(36);
        const samples = makeSeries({ rows: 6 * ROWS_PER_DAY }, (row) => {
          const value = 100 + 4 * noise();
          if (row === 1000) return outlier;
          return row >= 1100 && row < 1112 ? value + 60 : value;
        });
        return judgeAll(createDetector(), samples);
      };
      const judged = play(absurd);
      const outlier = play(100 + 4 * 64);
      expect(judged[1100]?.score).toBeGreaterThanOrEqual(RED_SCORE);
      const width = (of: readonly Judgement[]): number => (of[1020]?.high ?? NaN) - (of[1020]?.low ?? NaN);
      expect(width(judged)).toBeLessThanOrEqual(1.5 * width(outlier));
    },
  );
});

describe('a bounded metric', () => {
  it('is red when it stays at its bound for an hour after a day below 60 %', () => {
    const noise = createNoise(37);
    const samples = makeSeries({ rows: 312 }, (row) => (row >= 300 ? 100 : Math.min(60, 40 + 8 * noise())));
    const judged = judgeAll(createDetector({ min: 0, max: 100 }), samples);
    expect(judged.slice(300).some(({ phase }) => phase === 'OPENS')).toBe(true);
    expect(judged.every(({ high, low }) => high <= 100 && low >= 0)).toBe(true);
  });
});

describe('an event during an incident', () => {
  it('opens another when it is far rarer, and the rows between say that they continue', () => {
    const noise = createNoise(38);
    const samples = makeSeries({ rows: 10 * ROWS_PER_DAY }, (row) => {
      const value = 100 + 4 * noise();
      if (row >= 2000 && row < 2006) return value + 40;
      return row >= 2010 && row < 2016 ? value + 4000 : value;
    });
    const judged = judgeAll(createDetector(), samples);
    const opened = judged.flatMap((j, row) => (j.phase === 'OPENS' && row >= 1900 ? [row] : []));
    expect(opened).toStrictEqual([2000, 2010]);
    const redOnly = judged.filter(({ score, provisional }) => score >= RED_SCORE && !provisional);
    expect(redOnly.every(({ phase }) => phase !== null && phase !== 'RECOVERS')).toBe(true);
    expect(judged.slice(2000, 2016).every(({ phase }) => phase !== null)).toBe(true);
    expect(judged[2050]?.phase).toBeNull();
  });
});
