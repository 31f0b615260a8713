import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LiveScore } from '../../src/web/api/score-feed.ts';
import { appendScores, type Columns, openGaps } from '../../src/web/metric/chart/columns.ts';
import { listAlone } from '../../src/web/metric/chart/value-plot.ts';
import { chooseSpan, panRange, parseFixedRange, zoomRange } from '../../src/web/metric/range.ts';

const columnsAt = (...times: readonly number[]): Columns => {
  const ones = times.map(() => 1);
  return { times, values: ones, expected: ones, low: ones, high: ones, scores: ones };
};
const scoreAt = (seconds: number): LiveScore => ({
  rowId: seconds,
  timestamp: new Date(seconds * 1000).toISOString(),
  value: 2,
  anomalyScore: 0.5,
  anomalyClass: 'GREEN',
  provisional: false,
  expected: { value: 2, low: 1, high: 3 },
  metric: { id: 'a' },
});

describe('the chart', () => {
  it('appends what is newer, once, and lets go of what has left it but for the point before', () => {
    const grown = appendScores(columnsAt(10, 20, 30), [scoreAt(30), scoreAt(40)], 25_000);
    expect(grown.times).toEqual([20, 30, 40]);
    expect(grown.values).toEqual([1, 1, 2]);
    expect(grown.high).toEqual([1, 1, 3]);
    expect(appendScores(grown, [scoreAt(40)], 25_000)).toBe(grown);
  });

  it('shows silence as a gap', () => {
    const opened = openGaps(columnsAt(10, 20, 100), 30);
    expect(opened.times).toEqual([10, 20, 35, 100]);
    expect(opened.values).toEqual([1, 1, null, 1]);
    expect(openGaps(columnsAt(10, 20), 30).times).toEqual([10, 20]);
  });

  it('sees a value that has none beside it, where a line would show nothing', () => {
    expect(listAlone([])).toEqual([]);
    expect(listAlone([7])).toEqual([0]);
    expect(listAlone([7, 7])).toEqual([]);
    expect(listAlone([7, null, 7, 7, null, 0])).toEqual([0, 5]);
    // What another series has between two values is no gap of this one.
    expect(listAlone([7, undefined, 7, null, undefined, 7, undefined])).toEqual([5]);
  });

  it('takes only ranges that make sense from the address', () => {
    expect(parseFixedRange('2026-11-23T04:00:00Z', '2026-11-23T05:00:00Z')).not.toBeNull();
    expect(parseFixedRange('2026-11-23T05:00:00Z', '2026-11-23T04:00:00Z')).toBeNull();
    expect(parseFixedRange('yesterday', '')).toBeNull();
    // The API takes no such years: the page would ask for what is refused.
    expect(parseFixedRange('1000', '99999')).toBeNull();
    expect(parseFixedRange('-100000-01-01T00:00:00Z', '2026-11-30T00:00:00Z')).toBeNull();
    expect(parseFixedRange('1764460800000', '1764547200000')).toEqual({
      fromMs: Date.UTC(2025, 10, 30),
      toMs: Date.UTC(2025, 11, 1),
    });
  });

  it('stays within the times there are, however it is moved', () => {
    const isTime = (ms: number) => /^\d{4}-/.test(new Date(ms).toISOString());
    fc.assert(
      fc.property(
        fc.constantFrom('0001-01-01T00:00:00Z', '2026-11-30T00:00:00Z', '9999-12-31T00:00:00Z'),
        fc.integer({ min: 10_000, max: 3 * 366 * 86_400_000 }),
        fc.array(fc.constantFrom('pan', 'back', 'in', 'out', 'end'), { maxLength: 40 }),
        (start, length, moves) => {
          const ms = Date.parse(start);
          const fromMs = start.startsWith('9999') ? ms - length : ms;
          const last = moves.reduce(
            (range, move) => {
              if (move === 'pan' || move === 'back') return panRange(range, move === 'pan' ? 5 : -5);
              return zoomRange(range, move === 'in' ? 0.5 : 2, move === 'end' ? 1 : 0.5);
            },
            { fromMs, toMs: fromMs + length },
          );
          expect([last.fromMs, last.toMs].map(isTime)).toEqual([true, true]);
          expect(last.toMs - last.fromMs).toBeGreaterThanOrEqual(9_999);
        },
      ),
    );
  });

  it('moves and zooms around what stays where it is', () => {
    const range = { fromMs: 100_000, toMs: 200_000 };
    expect(panRange(range, -0.5)).toEqual({ fromMs: 50_000, toMs: 150_000 });
    expect(zoomRange(range, 0.5)).toEqual({ fromMs: 125_000, toMs: 175_000 });
    expect(zoomRange(range, 0.5, 1)).toEqual({ fromMs: 150_000, toMs: 200_000 });
    expect(zoomRange(range, 0).toMs - zoomRange(range, 0).fromMs).toBeGreaterThan(0);
  });

  it('begins with a span that holds enough points of the metric', () => {
    expect(chooseSpan(1)).toBe('15m');
    expect(chooseSpan(5)).toBe('1h');
    expect(chooseSpan(300)).toBe('3d');
    expect(chooseSpan(86_400)).toBe('2w');
  });
});
