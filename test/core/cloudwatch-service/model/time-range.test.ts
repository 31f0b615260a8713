/** The range and period of a question: the rules of GetMetricStatistics' StartTime and Period, as AWS documents them. */
import { describe, expect, it } from 'vitest';
import { checkPeriod, checkTimeRange } from '../../../../src/core/cloudwatch-service/model/time-range.ts';

const NOW_MS = Date.parse('2026-11-20T12:00:00Z');
const DAY_MS = 86_400_000;
const END = new Date(NOW_MS);
const round = (start: string | number, periodSeconds = 60) =>
  new Date(checkTimeRange(new Date(start), END, periodSeconds, NOW_MS).startMs).toISOString();

describe('The start is rounded down', () => {
  it.each([
    // "Start time less than 15 days ago: to the nearest whole minute. For example, 12:32:34 to 12:32:00."
    ['2026-11-19T12:32:34Z', '2026-11-19T12:32:00.000Z'],
    ['2026-11-05T12:00:01Z', '2026-11-05T12:00:00.000Z'],
    // "Between 15 and 63 days ago: to the nearest 5-minute clock interval. 12:32:34 to 12:30:00."
    ['2026-11-05T11:59:59Z', '2026-11-05T11:55:00.000Z'],
    ['2026-10-20T12:32:34Z', '2026-10-20T12:30:00.000Z'],
    ['2026-09-18T12:34:59Z', '2026-09-18T12:30:00.000Z'],
    // "Greater than 63 days ago: to the nearest 1-hour clock interval. 12:32:34 to 12:00:00."
    ['2026-09-18T11:59:59Z', '2026-09-18T11:00:00.000Z'],
    ['2026-01-01T12:32:34Z', '2026-01-01T12:00:00.000Z'],
    ['1969-12-31T23:59:59Z', '1969-12-31T23:00:00.000Z'],
  ])('of %s to %s', (start, expected) => {
    expect(round(start)).toBe(expected);
  });

  // "For example, if you make a query at 15:07:17 for the previous 10-second period": even divisions of a minute.
  it.each([
    [1, '2026-11-20T11:05:23.900Z', '2026-11-20T11:05:23.000Z'],
    [5, '2026-11-20T11:05:23Z', '2026-11-20T11:05:20.000Z'],
    [10, '2026-11-20T11:05:23Z', '2026-11-20T11:05:20.000Z'],
    [20, '2026-11-20T11:05:43Z', '2026-11-20T11:05:40.000Z'],
    [30, '2026-11-20T11:05:29Z', '2026-11-20T11:05:00.000Z'],
    // By the period alone, however old it is.
    [10, '2026-01-01T00:00:19Z', '2026-01-01T00:00:10.000Z'],
  ])('for periods of %i seconds: %s to %s', (period, start, expected) => {
    expect(round(start, period)).toBe(expected);
  });

  it('and the end is not', () => {
    const end = new Date(NOW_MS - 1);
    expect(checkTimeRange(new Date(NOW_MS - DAY_MS), end, 60, NOW_MS).endMs).toBe(NOW_MS - 1);
  });
});

describe('A range is refused', () => {
  it.each([
    [undefined, END, 'MissingParameter', 'The parameter StartTime is required.'],
    [END, undefined, 'MissingParameter', 'The parameter EndTime is required.'],
    [END, END, 'InvalidParameterValue', 'The parameter StartTime must be less than the parameter EndTime.'],
    [new Date(NOW_MS + 1), END, 'InvalidParameterValue', 'StartTime must be less than'],
    [new Date(NaN), END, 'InvalidParameterValue', 'StartTime must be less than'],
    [END, new Date(NaN), 'InvalidParameterValue', 'StartTime must be less than'],
  ])('from %s to %s: %s', (start, end, code, message) => {
    expect(() => checkTimeRange(start, end, 60, NOW_MS)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error,
    );
  });
});

describe('A period', () => {
  it.each([1, 5, 10, 20, 30, 60, 120, 3_600, 86_400, 604_800, 2_592_000])('may be %i seconds', (seconds) => {
    expect(checkPeriod(seconds, 'Period')).toBe(seconds);
  });

  it.each([
    [undefined, 'The parameter Period is required.'],
    [0, 'must be greater than or equal to 1'],
    [-60, 'must be greater than or equal to 1'],
    [2, 'must be 1, 5, 10, 20, 30 or a multiple of 60'],
    [15, 'must be 1, 5, 10, 20, 30 or a multiple of 60'],
    [61, 'must be 1, 5, 10, 20, 30 or a multiple of 60'],
    [1.5, 'must be 1, 5, 10, 20, 30 or a multiple of 60'],
    [NaN, 'must be 1, 5, 10, 20, 30 or a multiple of 60'],
    [Infinity, 'must be 1, 5, 10, 20, 30 or a multiple of 60'],
    [60 * 2 ** 40, 'is invalid'],
  ])('may not be %s', (seconds, message) => {
    expect(() => checkPeriod(seconds, 'Period')).toThrow(message);
  });
});
