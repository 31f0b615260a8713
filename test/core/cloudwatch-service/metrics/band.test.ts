/** Bands of what was expected, and what can be read off queries before they are evaluated. */
import { describe, expect, it } from 'vitest';
import { parseExpression } from '../../../../src/core/cloudwatch-service/math/parse.ts';
import { findBand, measureTraining } from '../../../../src/core/cloudwatch-service/metrics/band.ts';
import {
  checkDataQueries,
  listReferences,
  type DataQuery,
} from '../../../../src/core/cloudwatch-service/metrics/data-query.ts';
import {
  findPeriod,
  findStats,
  refuseBandIn,
} from '../../../../src/core/cloudwatch-service/metrics/query-parts.ts';
import { AWS_LIMITS } from '../../../../src/core/cloudwatch-service/model/limits.ts';
import { DETECTOR_KINDS } from '../../../../src/detector/detector-kinds.ts';
import { fc } from '../../../helpers/property.ts';

const RULES = { limits: AWS_LIMITS, accountId: 1 };
const stat = (Id: string, Period = 60) => ({
  Id,
  MetricStat: { Metric: { Namespace: 'Shop', MetricName: Id }, Period, Stat: 'Sum' },
});
const expression = (Id: string, Expression: string) => ({ Id, Expression });
const check = (...given: readonly object[]): ReadonlyMap<string, DataQuery> =>
  checkDataQueries(given, 'Queries', RULES);

const MINUTE_MS = 60_000;
const START_MS = Date.parse('2026-11-20T00:00:00Z');
const [KIND] = DETECTOR_KINDS;
/** A day of a slow wave with something on top, by the minute. */
const history = {
  label: 'm1',
  periodSeconds: 60,
  points: new Map(
    Array.from({ length: 600 }, (_, i) => [
      START_MS + i * MINUTE_MS,
      50 + 10 * Math.sin(i / 40) + ((i * 7919) % 13),
    ]),
  ),
};
const range = { startMs: START_MS + 300 * MINUTE_MS, endMs: START_MS + 600 * MINUTE_MS };

describe('A band', () => {
  const band = (width: number) => findBand(history, range, width, KIND);

  it('has an edge above and one below at each point of the range, and at none before it', () => {
    const { upper, lower } = band(2);
    expect([...upper.points.keys()]).toEqual(
      [...history.points.keys()].filter((time) => time >= range.startMs),
    );
    expect([...lower.points.keys()]).toEqual([...upper.points.keys()]);
    for (const [time, high] of upper.points) expect(high).toBeGreaterThan(lower.points.get(time) ?? Infinity);
    expect([upper.label, lower.label]).toEqual(['m1 (upper)', 'm1 (lower)']);
  });

  it('is as many times as wide as it has deviations, around the same middle', () => {
    const [one, two, four] = [band(1), band(2), band(4)];
    for (const [time, high] of two.upper.points) {
      const low = two.lower.points.get(time) ?? NaN;
      // Linear in the width: of 1, 2 and 4 deviations each edge lies on a line.
      expect((four.upper.points.get(time) ?? NaN) - high).toBeCloseTo(
        2 * (high - (one.upper.points.get(time) ?? NaN)),
        6,
      );
      expect(low - (four.lower.points.get(time) ?? NaN)).toBeCloseTo(
        2 * ((one.lower.points.get(time) ?? NaN) - low),
        6,
      );
    }
  });

  it('is what was expected before a point was seen: what comes later changes nothing', () => {
    const changed = { ...history, points: new Map(history.points) };
    const spike = START_MS + 500 * MINUTE_MS;
    changed.points.set(spike, 10_000);
    const [as, other] = [band(2), findBand(changed, range, 2, KIND)];
    for (const [time, high] of as.upper.points) {
      if (time <= spike) expect(other.upper.points.get(time)).toBe(high);
    }
    const after = [...as.upper.points].filter(([time]) => time > spike);
    expect(after.some(([time, high]) => other.upper.points.get(time) !== high)).toBe(true);
  });

  it('learns nothing of excluded times, and has one there nevertheless', () => {
    const spikes = { ...history, points: new Map(history.points) };
    const [from, to] = [START_MS + 200 * MINUTE_MS, START_MS + 350 * MINUTE_MS];
    for (let time = from; time < to; time += MINUTE_MS) spikes.points.set(time, 10_000);
    const excluded = [{ startMs: from, endMs: to }];
    const without = findBand(spikes, range, 2, KIND, { excluded, timeZone: null });
    const kept = new Map([...history.points].filter(([time]) => time < from || time >= to));
    const never = findBand({ ...history, points: kept }, range, 2, KIND);
    for (const [time, high] of never.upper.points)
      expect(without.upper.points.get(time)).toBeCloseTo(high, 9);
    expect(without.upper.points.size).toBe(300);
  });

  it('needs some points to go by', () => {
    const few = { ...history, points: new Map([...history.points].slice(0, 12)) };
    expect(findBand(few, { startMs: START_MS, endMs: range.endMs }, 2, KIND).upper.points.size).toBe(3);
  });
});

describe('What is trained on', () => {
  it('is two weeks at most, and a whole number of each period', () => {
    const period = fc.oneof(
      fc.constantFrom(1, 5, 10, 20, 30),
      fc.integer({ min: 1, max: 90 }).map((n) => n * 60),
    );
    fc.assert(
      fc.property(fc.array(period, { minLength: 1, maxLength: 3 }), (periods) => {
        const ms = measureTraining(check(...periods.map((seconds, i) => stat(`m${i}`, seconds))));
        expect(ms).toBeLessThanOrEqual(14 * 86_400_000);
        expect(ms % 60_000).toBe(0);
        for (const seconds of periods) expect(ms % (seconds * 1000)).toBe(0);
      }),
    );
    expect(measureTraining(check(stat('m1', 60)))).toBe(14 * 86_400_000);
    expect(measureTraining(check(stat('m1', 7 * 86_400)))).toBe(14 * 86_400_000);
  });
});

describe('Queries', () => {
  const queries = check(
    stat('m1', 300),
    stat('m2'),
    stat('m3', 10),
    expression('e1', 'm1 + e2'),
    expression('e2', 'FILL(m2, 0) * -m1'),
    expression('e3', 'FIRST(ANOMALY_DETECTION_BAND(e2))'),
    expression('e4', 'IF(e3 > 1, [m1, e3], 0)'),
  );

  it.each([
    [['e1'], ['m1', 'm2']],
    [
      ['m3', 'e2'],
      ['m1', 'm2', 'm3'],
    ],
    [['e4'], ['m1', 'm2']],
    [['none'], []],
  ])('%j need the metrics %j', (ids, expected) => {
    expect(
      findStats(ids, queries)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(expected);
  });

  it('have the shortest period of their metrics, or a minute', () => {
    expect(findPeriod(queries)).toBe(10);
    expect(findPeriod(check(expression('e1', 'TIME_SERIES(1)')))).toBe(60);
  });

  it('name each other wherever an expression may', () => {
    const text = 'IF(a > b, [c, -d], FILL(e, f)) + SORT(g, SUM, ASC, 1) ^ h + METRICS("i")';
    expect(listReferences(parseExpression(text)).toSorted()).toEqual(Array.from('abcdefgh'));
  });

  it.each([
    ['m1', false],
    ['e1 + e2', false],
    ['ANOMALY_DETECTION_BAND(m1)', true],
    ['-FIRST(anomaly_detection_band(m1))', true],
    ['e3', true],
    ['SUM([e1, e4])', true],
  ])('of %s there can be a band unless one is in it: %s', (text, isRefused) => {
    const refuse = () => {
      refuseBandIn(parseExpression(text), queries);
    };
    if (isRefused) expect(refuse).toThrow('a band of a band is not supported');
    else expect(refuse).not.toThrow();
  });

  it.each([
    [['e1', 'e1 + 1']],
    [
      ['e1', 'e2'],
      ['e2', '-e1'],
    ],
    [
      ['e1', 'IF(1, e2, 0)'],
      ['e2', '[e3]'],
      ['e3', 'SUM(e1)'],
    ],
  ])('must not depend on themselves: %j', (...pairs) => {
    expect(() => check(...pairs.map(([id = '', text = '']) => expression(id, text)))).toThrow(
      'Its expression depends on itself',
    );
  });

  it('may all name one, however many they are', () => {
    const many = Array.from({ length: 499 }, (_, i) =>
      expression(`e${i}`, i === 0 ? 'm1' : `e${i - 1} + e0`),
    );
    expect(check(stat('m1'), ...many).size).toBe(500);
    expect(() => check(stat('m1'), stat('m2'), ...many)).toThrow('must not have a size greater than 500');
  });
});
