/** What comparisons make of the incident of an outlier, from the values of a group on. */
import { describe, expect, it } from 'vitest';
import { compareMembers } from '../../../../src/detector/outliers.ts';
import type { Incident } from '../../../../src/core/incidents/incident.ts';
import { stepOutlier, type OutlierRule } from '../../../../src/core/incidents/outliers/step-outlier.ts';
import type { Compared } from '../../../../src/core/metric-lists/compare-groups.ts';
import { fc } from '../../../helpers/property.ts';
import { makeFacts, makeRule, START_MS } from '../make-parts.ts';

const MINUTE_MS = 60_000;

function makeOutlierRule(outliers: Partial<OutlierRule['outliers']> = {}, recoverySeconds = 0): OutlierRule {
  return {
    ...makeRule({ patience: { confirmSeconds: 600, confirmPoints: 5, recoverySeconds } }),
    outliers: { seconds: 600, tolerance: 3, minShare: 0.5, ...outliers },
  };
}

/** The first of the members, each a value a minute, beside the others. */
function compareFirst(members: readonly (readonly number[])[], tolerance = 3): Compared | null {
  const columns = members.map((values) => ({ timestampsMs: values.map((_, i) => i * MINUTE_MS), values }));
  const intervals = Math.max(...members.map(({ length }) => length));
  const [first] = compareMembers(columns, { fromMs: 0, intervalMs: MINUTE_MS, intervals, tolerance });
  const about = { metricNumber: 1, groupName: 'cpu', memberCount: members.length, shareBefore: 0 };
  return first == null ? null : { ...first, ...about };
}

function step(
  known: Incident | null,
  found: Compared | null,
  { rule = makeOutlierRule(), minute = 0, wasAlike = false } = {},
): Incident | null {
  const nowMs = START_MS + minute * MINUTE_MS;
  return stepOutlier(known, found, { rule, facts: makeFacts(), nowMs, wasAlike });
}

const found = (changes: Partial<Compared> = {}): Compared => ({
  metricNumber: 1,
  groupName: 'cpu',
  memberCount: 8,
  compared: 10,
  share: 1,
  shareBefore: 0,
  value: 30,
  expected: 10,
  spread: 2,
  deviation: 10,
  ...changes,
});

describe('An outlier', () => {
  it.each([
    ['that is far for long enough', {}, false, true],
    ['for just so long', { share: 0.5 }, false, true],
    ['for less', { share: 0.49 }, false, false],
    // A primary beside its replicas.
    ['that was one before', { shareBefore: 0.5 }, false, false],
    ['that was one before, but like the others at the check before', { shareBefore: 1 }, true, true],
    ['of which nothing is known before', { shareBefore: null }, false, true],
  ])('%s opens an incident, or none', (_what, changes, wasAlike, opens) => {
    expect(step(null, found(changes), { wasAlike })?.state).toBe(opens ? 'FIRING' : undefined);
  });

  it('opens none while it cannot be compared', () => {
    expect(step(null, null, { wasAlike: true })).toBeNull();
  });

  it('has the range the tolerance lets through around what was expected', () => {
    expect(step(null, found())).toMatchObject({ kind: 'OUTLIER', value: 30, expected: 10, low: 4, high: 16 });
    expect(step(null, found(), { rule: makeOutlierRule({ tolerance: 5 }) })).toMatchObject({
      low: 0,
      high: 20,
    });
  });

  it('keeps the value it began with, and the one that was furthest', () => {
    const first = step(null, found());
    const closer = step(first, found({ value: 25 }), { minute: 1 });
    expect(closer).toMatchObject({ value: 30, peakValue: 30, peakMs: START_MS, hotPoints: 2 });
    const below = step(closer, found({ value: -15 }), { minute: 2 });
    expect(below).toMatchObject({
      id: first?.id,
      value: 30,
      peakValue: -15,
      peakMs: START_MS + 2 * MINUTE_MS,
    });
    const as = step(below, found({ value: 35 }), { minute: 3 });
    expect(as).toMatchObject({ peakValue: -15 });
  });

  it("ends when it was like the others for the rule's time, or has no others, at the first such check", () => {
    const rule = makeOutlierRule({}, 120);
    const first = step(null, found(), { rule });
    const like = step(first, found({ share: 0 }), { rule, minute: 1 });
    expect(like?.state).toBe('RECOVERING');
    const again = step(like, found(), { rule, minute: 2 });
    expect(again).toMatchObject({ state: 'FIRING', calmSinceMs: null });
    const alone = step(again, null, { rule, minute: 3 });
    expect(alone?.state).toBe('RECOVERING');
    const over = step(alone, found({ share: 0.1 }), { rule, minute: 5 });
    expect(over).toMatchObject({ state: 'ENDED', endReason: 'RECOVERED', endedMs: START_MS + 3 * MINUTE_MS });
  });

  it('goes on, once it is open, although it was one before, too', () => {
    const first = step(null, found());
    expect(step(first, found({ shareBefore: 1 }), { minute: 1 })?.state).toBe('FIRING');
  });
});

describe('An outlier for a part of the time', () => {
  // More than half of the time it is exactly like the others: its median deviation is 0.
  it('has a range of its own, too', () => {
    const odd = [0, 0, 0, 0, 0, 0, 100, 100, 100, 100];
    const others = Array.from({ length: 7 }, () => Array<number>(10).fill(0));
    const compared = compareFirst([odd, ...others]);
    expect(compared).toMatchObject({ share: 0.4, value: 40, expected: 0, deviation: 0 });
    // Mean absolute deviation of 8 values: 100 / 8, times 1.2533, in four intervals; their median in the others.
    expect(compared?.spread).toBeCloseTo(0.4 * 1.2533 * 12.5, 6);
    const incident = step(null, compared, { rule: makeOutlierRule({ minShare: 0.4 }) });
    expect(incident?.high).toBeCloseTo(3 * 0.4 * 1.2533 * 12.5, 5);
    expect(incident?.low).toBeCloseTo(-3 * 0.4 * 1.2533 * 12.5, 5);
  });

  it('that is as much above as below has one although its mean is that of the others', () => {
    const odd = [50, -50, 50, -50, 50, -50, 50, -50, 50, -50];
    const others = Array.from({ length: 7 }, (_, i) => Array<number>(10).fill(i - 3));
    const incident = step(null, compareFirst([odd, ...others]));
    expect(incident?.value).toBe(0);
    expect(incident?.high).toBeGreaterThan(3);
    expect(incident?.low).toBeLessThan(-3);
  });

  it('has finite numbers, which a database keeps, whatever the values are', () => {
    const value = fc.oneof(
      fc.constantFrom(0, 1, -1, 1e300, -1e300, Number.MIN_VALUE),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    const values = fc.array(value, { minLength: 6, maxLength: 6 });
    let opened = 0;
    fc.assert(
      fc.property(
        fc.array(values, { minLength: 5, maxLength: 8 }),
        fc.constantFrom(0.001, 1, 3, 1_000_000),
        fc.constantFrom(0.01, 0.5, 1),
        (members, tolerance, minShare) => {
          const rule = makeOutlierRule({ tolerance, minShare });
          const incident = step(null, compareFirst(members, tolerance), { rule });
          if (incident === null) return;
          opened += 1;
          const { low, high, expected, value: mean, peakValue } = incident;
          expect([low, high, expected, mean, peakValue].filter((one) => !Number.isFinite(one))).toEqual([]);
          expect(low).toBeLessThanOrEqual(expected);
          expect(high).toBeGreaterThanOrEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
    expect(opened).toBeGreaterThan(50);
  });
});
