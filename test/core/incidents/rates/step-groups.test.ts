import { describe, expect, it } from 'vitest';
import type { Incident } from '../../../../src/core/incidents/incident.ts';
import type { AnomalyRate } from '../../../../src/core/incidents/rule.ts';
import { nameGroup, reachesRate, type RateRule } from '../../../../src/core/incidents/rates/anomaly-rate.ts';
import { type GroupNow, stepGroups } from '../../../../src/core/incidents/rates/step-groups.ts';
import { fc } from '../../../helpers/property.ts';
import { makeFiring, makeRule, START_MS } from '../make-parts.ts';

const RATE = { percent: 50, minMetrics: 2, seconds: 0, group: 'RESOURCE' } as const;
const KEY = 'RESOURCE 1 web-1';
const MINUTE_MS = 60_000;

function makeRateRule(changes: Partial<AnomalyRate> = {}, quietSeconds = 0): RateRule {
  return { ...makeRule({ quietSeconds }), anomalyRate: { ...RATE, ...changes } };
}

/** Group after group, minute after minute, as the check has them; what was saved is what is known the next time. */
class Checks {
  readonly #rule: RateRule;
  readonly #open = new Map<string, Incident>();
  readonly notifiedMs = new Map<string, number>();
  silenced: ReadonlySet<number> = new Set();

  constructor(rule: RateRule) {
    this.#rule = rule;
  }

  at(minute: number, groups: readonly GroupNow[]) {
    const nowMs = START_MS + minute * MINUTE_MS;
    const { silenced, notifiedMs } = this;
    const known = { open: [...this.#open.values()], silenced, notifiedMs, nowMs };
    const changes = stepGroups(this.#rule, groups, known);
    for (const id of changes.dropped) this.#open.delete(id);
    for (const incident of changes.saved) {
      if (incident.state === 'ENDED') this.#open.delete(incident.id);
      else this.#open.set(incident.id, incident);
      if (incident.notifiedMs === nowMs && incident.groupKey !== null)
        this.notifiedMs.set(incident.groupKey, nowMs);
    }
    return changes;
  }

  get open(): readonly Incident[] {
    return [...this.#open.values()];
  }
}

const group = (anomalous: readonly Incident[], metricCount: number, key = KEY): GroupNow => ({
  key,
  anomalous,
  metricCount,
});
const [one, two, three] = [makeFiring(1), makeFiring(2, { peakScore: 0.9999999 }), makeFiring(3)];

describe('a share of metrics', () => {
  it.each([
    [2, 4, true],
    [2, 5, false],
    [1, 1, false],
    [3, 6, true],
    [0, 0, false],
  ])('of %i of %i, where half of them and two are asked for: %s', (anomalous, count, isReached) => {
    expect(reachesRate(RATE, anomalous, count)).toBe(isReached);
  });

  it('of a third is reached by one of three', () => {
    expect(reachesRate({ ...RATE, percent: 33.33, minMetrics: 1 }, 1, 3)).toBe(true);
    expect(reachesRate({ ...RATE, percent: 33.34, minMetrics: 1 }, 1, 3)).toBe(false);
    expect(reachesRate({ ...RATE, percent: 100, minMetrics: 1 }, 3, 3)).toBe(true);
  });

  // Tenths of a percent, counted in whole numbers: 33 of 3,000 are 1.1 %.
  it('is reached by just as many, whatever doubles make of the percentage', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 100_000 }),
        (tenths, metricCount) => {
          const least = Math.ceil((tenths * metricCount) / 1000);
          const rate = { ...RATE, percent: tenths / 10, minMetrics: 1 };
          expect(reachesRate(rate, least, metricCount)).toBe(true);
          expect(reachesRate(rate, least - 1, metricCount)).toBe(false);
        },
      ),
      { numRuns: 2_000 },
    );
    expect(reachesRate({ ...RATE, percent: 1.1, minMetrics: 1 }, 33, 3_000)).toBe(true);
  });

  it('is counted in one account, whatever its resources are called', () => {
    const names = [1, 11].map((accountId) => nameGroup(RATE, { accountId, server: '1 a' }));
    expect(new Set([...names, nameGroup(RATE, { accountId: 1, server: '11 a' })]).size).toBe(3);
    expect(nameGroup({ ...RATE, group: 'SCOPE' }, { accountId: 1, server: 'a' })).toBe('SCOPE 1');
  });
});

describe('a group', () => {
  it('opens an incident that names its worst metric, and says how many there are', () => {
    const checks = new Checks(makeRateRule());
    const { opened, starts, saved } = checks.at(0, [group([one, two, three], 5)]);
    expect([opened.length, starts]).toEqual([1, opened]);
    expect(saved).toMatchObject([
      {
        kind: 'ANOMALY_RATE',
        state: 'FIRING',
        metricNumber: 2,
        groupKey: KEY,
        group: { anomalousCount: 3, metricCount: 5, peakCount: 3, worst: { length: 3 } },
      },
    ]);
  });

  it('waits for its time', () => {
    const checks = new Checks(makeRateRule({ seconds: 120 }));
    const states = [0, 1, 2].map((minute) => {
      const { starts } = checks.at(minute, [group([one, two], 4)]);
      return [checks.open[0]?.state, starts.length];
    });
    expect(states).toEqual([
      ['PENDING', 0],
      ['PENDING', 0],
      ['FIRING', 1],
    ]);
  });

  it('that is not confirmed begins anew after minutes in which nothing was looked at, and leaves nothing when it is over', () => {
    const checks = new Checks(makeRateRule({ seconds: 240 }));
    checks.at(0, [group([one, two], 4)]);
    const [first] = checks.open;
    checks.at(4, [group([one, two], 4)]);
    expect(checks.open).toMatchObject([{ state: 'PENDING', startedMs: START_MS + 4 * MINUTE_MS }]);
    expect(checks.open[0]?.id).not.toBe(first?.id);
    expect(checks.at(5, [group([one], 4)])).toMatchObject({ dropped: { length: 1 }, saved: [], ends: [] });
    expect(checks.open).toEqual([]);
  });

  it('ends once fewer were anomalous for as long as the rule asks for, when that began', () => {
    const checks = new Checks(makeRateRule());
    checks.at(0, [group([one, two], 4)]);
    expect(checks.at(1, [group([one], 4)]).ends).toEqual([]);
    expect(checks.at(10, [group([], 0)]).ends).toEqual([]);
    const { ends, saved } = checks.at(11, [group([], 0)]);
    expect(saved).toMatchObject([{ endReason: 'RECOVERED', endedMs: START_MS + MINUTE_MS }]);
    expect(ends).toEqual(saved.map(({ id }) => id));
    expect(checks.open).toEqual([]);
  });

  it('keeps what it was when it fired, and the most there were at once', () => {
    const checks = new Checks(makeRateRule());
    checks.at(0, [group([one, two], 4)]);
    const { saved, starts } = checks.at(1, [group([one, two, three], 4)]);
    expect(saved).toMatchObject([{ group: { anomalousCount: 2, peakCount: 3 } }]);
    expect(starts).toEqual([]);
    expect(checks.at(2, [group([one, two], 4)]).saved).toEqual([]);
  });

  it('notifies nobody while so many are silenced that the rest is no such share, and then it does', () => {
    const checks = new Checks(makeRateRule());
    checks.silenced = new Set([1]);
    const { starts, saved } = checks.at(0, [group([one, two], 4)]);
    expect(starts).toEqual([]);
    expect(saved).toMatchObject([{ state: 'FIRING', mutedBy: 'SILENCE', notifiedMs: null }]);
    checks.silenced = new Set();
    expect(checks.at(1, [group([one, two], 4)]).starts).toHaveLength(1);
    expect(checks.at(2, [group([one, two], 4)]).starts).toEqual([]);
  });

  it('is quiet for as long as the rule asks for, each group by itself', () => {
    const checks = new Checks(makeRateRule({}, 3600));
    const other = group([makeFiring(8), makeFiring(9)], 2, 'RESOURCE 1 web-2');
    checks.at(0, [group([one, two], 4)]);
    checks.at(1, [group([], 4)]);
    checks.at(20, [group([], 4)]);
    expect(checks.open).toEqual([]);
    expect(checks.at(30, [group([one, two], 4), other]).starts).toHaveLength(1);
    expect(checks.open).toMatchObject([{ mutedBy: 'QUIET_PERIOD' }, { groupKey: other.key, mutedBy: null }]);
    expect(checks.at(60, [group([one, two], 4), other]).starts).toHaveLength(1);
  });

  it('names a metric that no other open group of the rule names', () => {
    const checks = new Checks(makeRateRule());
    checks.at(0, [group([one, two], 2), group([one, two], 2, 'b'), group([one, two], 2, 'c')]);
    expect(checks.open.map(({ metricNumber }) => metricNumber)).toEqual([2, 1]);
  });

  it('has one open incident at most, is notified of once, and ends only after that', () => {
    const metrics = Array.from({ length: 6 }, (_, index) => makeFiring(index + 1));
    const minute = fc.record({
      pause: fc.integer({ min: 1, max: 30 }),
      counts: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })),
      silenced: fc.subarray([1, 2, 3, 4, 5, 6]),
    });
    const seconds = fc.constantFrom(0, 60, 600);
    fc.assert(
      fc.property(
        fc.array(minute, { maxLength: 40 }),
        seconds,
        fc.constantFrom(0, 3600),
        (minutes, wait, quiet) => {
          const checks = new Checks(makeRateRule({ seconds: wait }, quiet));
          const started = new Set<string>();
          let at = 0;
          for (const { pause, counts, silenced } of minutes) {
            at += pause;
            checks.silenced = new Set(silenced);
            const { starts, ends, saved } = checks.at(at, [
              group(metrics.slice(0, counts[0]), 4, 'a'),
              group(metrics.slice(3, 3 + counts[1]), 4, 'b'),
            ]);
            const keys = checks.open.map(({ groupKey }) => groupKey);
            expect(new Set(keys).size).toBe(keys.length);
            for (const id of starts) {
              expect(started.has(id)).toBe(false);
              started.add(id);
            }
            for (const id of ends) expect(started.delete(id)).toBe(true);
            for (const { state, startedMs, endedMs } of saved)
              if (state === 'ENDED') expect(endedMs).toBeGreaterThanOrEqual(startedMs);
          }
        },
      ),
    );
  });
});
