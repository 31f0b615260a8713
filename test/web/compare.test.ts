import { describe, expect, it } from 'vitest';
import { rangeToAsk } from '../../src/web/metric/chart/use-previous.ts';
import { arrangeValues } from '../../src/web/metric/chart/value-plot.ts';
import { listCompared, MAX_COMPARED } from '../../src/web/metric/compare/use-compared.ts';
import { readClock, writeClock } from '../../src/web/parts/format-time.ts';

describe('a comparison', () => {
  it('is with each metric once, never with itself, and with no more than there is room for', () => {
    expect(listCompared(['b', '', 'a', 'b', 'c'], 'a')).toEqual(['b', 'c']);
    const many = Array.from({ length: 50 }, (_, number) => String(number));
    expect(listCompared(many, 'a')).toHaveLength(MAX_COMPARED);
  });

  it('with the period before has the times of both, and the gaps of each', () => {
    const ones = [1, 1];
    const columns = { times: [10, 30], values: ones, expected: ones, low: ones, high: ones, scores: ones };
    const rows = arrangeValues(columns, { times: [10, 20, 40], values: [5, null, 7] });
    expect(rows[0]).toEqual([10, 20, 30, 40]);
    expect(rows[4]).toEqual([1, undefined, 1, undefined]);
    expect(rows.at(-1)).toEqual([5, null, undefined, 7]);
    expect(arrangeValues(columns)).toHaveLength(rows.length);
  });

  it('asks for a period before that moves with the clock only now and then, and never for too little', () => {
    const spanMs = 1000;
    const asked = [0, 1, 999, 1000, 1999].map((fromMs) => {
      const range = rangeToAsk({ fromMs, toMs: fromMs + spanMs }, spanMs);
      expect(range.fromMs).toBeLessThanOrEqual(fromMs);
      expect(range.toMs).toBeGreaterThanOrEqual(fromMs + spanMs);
      return range.fromMs;
    });
    expect(asked).toEqual([0, 0, 0, 1000, 1000]);
    expect(rangeToAsk({ fromMs: 7, toMs: 9 }, null)).toEqual({ fromMs: 7, toMs: 9 });
  });
});

describe('a field of date and time', () => {
  it.each(['local', 'UTC'] as const)('holds a time to the second in the zone %s', (zone) => {
    const ms = Date.parse('2026-07-01T23:59:58Z');
    expect(readClock(writeClock(ms, zone), zone)).toBe(ms);
    expect(readClock('', zone)).toBeNaN();
  });

  it('has the clock of UTC in UTC', () => {
    expect(writeClock(Date.parse('2026-01-02T03:04:05.678Z'), 'UTC')).toBe('2026-01-02T03:04:05');
  });
});
