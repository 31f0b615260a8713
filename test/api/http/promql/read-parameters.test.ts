/** Times, steps and limits of requests, as web/api/v1/api_test.go of Prometheus has them. */
import { describe, expect, it } from 'vitest';
import { PromqlError } from '../../../../src/core/prometheus/promql/promql-error.ts';
import {
  readGrid,
  readLimit,
  readLookback,
  readTime,
  readTimeout,
} from '../../../../src/api/http/promql/read-parameters.ts';

const given = (parameters: Readonly<Record<string, string>>) => new URLSearchParams(parameters);

describe('a time', () => {
  it.each([
    ['123', 123_000],
    ['123.123', 123_123],
    ['1543578564.705', 1_543_578_564_705],
    ['-5', -5000],
    ['1e3', 1_000_000],
    ['2015-06-03T13:21:58.555Z', 1_433_337_718_555],
    ['2015-06-03T14:21:58.555+01:00', 1_433_337_718_555],
    ['2015-06-03T13:21:58Z', 1_433_337_718_000],
    ['2015-06-03T13:21:58.555123456Z', 1_433_337_718_555],
    ['2015-06-03T13:21:58.5551234567891Z', 1_433_337_718_555],
  ])('%s is %i ms', (time, ms) => {
    expect(readTime(given({ time }), 'time', null)).toBe(ms);
  });

  it.each([
    '',
    'abc',
    '30s',
    'NaN',
    'Inf',
    // Of whichever zone the server runs in.
    '2015-06-03T13:21:58.555',
    '2015-06-03T13:21',
    '2015-06-03',
    '2015-06-03T99:21:58Z',
    // No month has it: Go's time.Parse refuses it, too.
    '2015-02-30T13:21:58Z',
    '9e12',
  ])('%j is none', (time) => {
    expect(() => readTime(given({ time }), 'time', null)).toThrow(/invalid parameter "time": cannot parse/);
  });

  it('is now where it is left out, and may be', () => {
    expect(readTime(given({}), 'time', 42)).toBe(42);
    expect(() => readTime(given({}), 'start', null)).toThrow(PromqlError);
  });
});

describe('the steps of a query', () => {
  it.each([
    [
      { start: '0', end: '100', step: '10' },
      { startMs: 0, stepMs: 10_000, count: 11 },
    ],
    [
      { start: '0', end: '99.9', step: '10s' },
      { startMs: 0, stepMs: 10_000, count: 10 },
    ],
    [
      { start: '5', end: '5', step: '1h30m' },
      { startMs: 5000, stepMs: 5_400_000, count: 1 },
    ],
    [
      { start: '0', end: '1', step: '0.25' },
      { startMs: 0, stepMs: 250, count: 5 },
    ],
    [
      { start: '0', end: '10999', step: '1' },
      { startMs: 0, stepMs: 1000, count: 11_000 },
    ],
  ])('%j', (parameters, grid) => {
    expect(readGrid(given(parameters))).toEqual(grid);
  });

  it.each([
    [{ start: '1', end: '0', step: '1' }, /invalid parameter "end": end timestamp must not be before start/],
    [{ start: '0', end: '1', step: '0' }, /invalid parameter "step": zero or negative/],
    [{ start: '0', end: '1', step: '-1m' }, /zero or negative/],
    [{ start: '0', end: '1', step: '' }, /invalid parameter "step": cannot parse "" to a valid duration/],
    [{ start: '0', end: '1', step: '1x' }, /cannot parse "1x"/],
    [{ start: '0', end: '11000', step: '1' }, /exceeded maximum resolution of 11,000 points/],
    [{ start: '', end: '1', step: '1' }, /invalid parameter "start"/],
  ])('%j are refused', (parameters, message) => {
    expect(() => readGrid(given(parameters))).toThrow(message);
  });
});

it('a lookback, a timeout and a limit have a default, and bounds', () => {
  expect(readLookback(given({}))).toBe(300_000);
  expect(readLookback(given({ lookback_delta: '1h' }))).toBe(3_600_000);
  expect(() => readLookback(given({ lookback_delta: '0' }))).toThrow(/greater than 0/);
  expect(readTimeout(given({}))).toBe(30_000);
  expect(readTimeout(given({ timeout: '5s' }))).toBe(5000);
  expect(readTimeout(given({ timeout: '1h' }))).toBe(30_000);
  expect(readLimit(given({}))).toBe(Infinity);
  expect(readLimit(given({ limit: '0' }))).toBe(Infinity);
  expect(readLimit(given({ limit: '7' }))).toBe(7);
  for (const limit of ['-1', 'x', '1.5']) expect(() => readLimit(given({ limit }))).toThrow(/non-negative/);
});
