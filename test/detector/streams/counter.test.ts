/** What a metric is said to be decides what of it is scored, from its first row on. */
import { describe, expect, it } from 'vitest';
import type { Judgement, ModelParams } from '../../../src/model.ts';
import { RED_SCORE } from '../../../src/detector/likelihood.ts';
import { streamsDetector } from '../../../src/detector/streams/streams-detector.ts';
import { createNoise } from '../series.ts';

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

const DAY_MS = 86_400_000;

/** A load with a quiet night and a busy noon, a second. */
function readLoad(timestampMs: number, noise: () => number): number {
  return (100 + 80 * Math.sin((2 * Math.PI * timestampMs) / DAY_MS)) * (1 + 0.05 * noise());
}

/** What a sender that reads the load at these times sends: the load itself, or how much of it there was so far. */
function sendLoad(timesMs: readonly number[], kind: string, restartsAtMs = Infinity): number[] {
  const noise = createNoise(7);
  let sum = 0;
  let lastMs = START;
  return timesMs.map((timestampMs) => {
    const load = readLoad(timestampMs, noise);
    if (lastMs < restartsAtMs && timestampMs >= restartsAtMs) {
      sum = 0;
      lastMs = Math.max(lastMs, restartsAtMs);
    }
    // What passed in a gap is counted minute by minute.
    for (let at = lastMs + STEP_MS; at < timestampMs; at += STEP_MS) sum += readLoad(at, noise) * 60;
    sum += load * Math.min(60, (timestampMs - lastMs) / 1000);
    lastMs = timestampMs;
    return kind === 'gauge' ? load : Math.round(sum);
  });
}

function countOf(
  judgements: readonly Judgement[],
  holds: (judgement: Judgement, row: number) => boolean,
): number {
  return judgements.filter(holds).length;
}

function judgeAt(timesMs: readonly number[], values: readonly number[], params: ModelParams): Judgement[] {
  const detector = streamsDetector.create(params);
  return timesMs.map((timestampMs, row) => detector.update(timestampMs, values[row] ?? NaN));
}

function everyMs(stepMs: number, fromMs: number, untilMs: number): number[] {
  return Array.from({ length: (untilMs - fromMs) / stepMs }, (_, row) => fromMs + (row + 1) * stepMs);
}

describe('a counter that is read at other intervals', () => {
  it.each([
    [60, 300],
    [15, 60],
    [60, 15],
  ])('each %i s, then each %i s, rises as fast as before', (before, after) => {
    const changesMs = START + 3 * DAY_MS;
    const times = [
      ...everyMs(before * 1000, START, changesMs),
      ...everyMs(after * 1000, changesMs, changesMs + DAY_MS),
    ];
    const values = sendLoad(times, 'counter');
    for (const params of [{ valueKind: 'COUNTER' } as const, {}]) {
      const judgements = judgeAt(times, values, params);
      expect(countOf(judgements, ({ score }) => score >= RED_SCORE)).toBe(0);
    }
  });

  it('is expected twice as far on where a row is missing', () => {
    const times = everyMs(60_000, START, START + 3 * DAY_MS).filter((_, row) => row % 7 !== 3);
    const values = sendLoad(times, 'counter');
    const judgements = judgeAt(times, values, { valueKind: 'COUNTER' });
    const outside = countOf(judgements, ({ low, high }, row) => {
      const value = values[row] ?? NaN;
      return row > 1440 && (value < low || value > high);
    });
    expect(outside / judgements.length).toBeLessThan(0.02);
  });
});

describe('a metric that comes again after hours', () => {
  const hours = [1, 12, 80];
  const cases = ['gauge', 'counter', 'restarted counter'].flatMap((kind) =>
    hours.map((gap) => ({ kind, gap })),
  );
  it.each(cases)('as a $kind after $gap h is as it is at that time of the day', ({ kind, gap }) => {
    const stepMs = kind === 'gauge' ? 60_000 : 300_000;
    for (const hour of [6, 18]) {
      const endsMs = START + 7 * DAY_MS + hour * 3_600_000;
      const againMs = endsMs + gap * 3_600_000;
      const times = [...everyMs(stepMs, START, endsMs), ...everyMs(stepMs, againMs, againMs + DAY_MS / 4)];
      const values = sendLoad(times, kind, kind === 'restarted counter' ? againMs - 60_000 : Infinity);
      const judgements = judgeAt(times, values, kind === 'gauge' ? {} : { valueKind: 'COUNTER' });
      expect(countOf(judgements, ({ score }) => score >= RED_SCORE)).toBe(0);
    }
  });

  it.each(['gauge', 'counter'])('as a %s is anomalous where it is at what it never was', (kind) => {
    const endsMs = START + 7 * DAY_MS;
    const againMs = endsMs + DAY_MS / 2;
    const times = [...everyMs(300_000, START, endsMs), ...everyMs(300_000, againMs, againMs + DAY_MS / 2)];
    const values = sendLoad(times, kind).map((value, row) => {
      const since = row - 7 * 288;
      return since < 0 ? value : value + (kind === 'gauge' ? 5e4 : 5e4 * 300 * since);
    });
    const judgements = judgeAt(times, values, kind === 'gauge' ? {} : { valueKind: 'COUNTER' });
    const opened = judgements.flatMap(({ phase }, row) => (phase === 'OPENS' ? [row - 7 * 288] : []));
    expect(opened).toHaveLength(1);
    expect(opened[0]).toBeLessThanOrEqual(3);
  });
});

describe('a counter that stands still behind a gap', () => {
  it.each([1, 4, 8])('opens an incident, though its first row is just below red (seed %i)', (seed) => {
    const noise = createNoise(seed);
    const stops = START + 5 * DAY_MS;
    const times = [
      ...everyMs(STEP_MS, START, stops),
      ...everyMs(STEP_MS, stops + 1_200_000, stops + 3_600_000),
    ];
    let sum = 0;
    const values = times.map(
      (timestampMs) => (sum += timestampMs > stops ? 0 : Math.round(100 + 5 * noise())),
    );
    const judgements = judgeAt(times, values, { valueKind: 'COUNTER' });
    expect(countOf(judgements, ({ phase }) => phase === 'OPENS')).toBe(1);
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
