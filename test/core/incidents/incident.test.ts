import { describe, expect, it } from 'vitest';
import { holdAgainst, type Incident } from '../../../src/core/incidents/incident.ts';
import type { Rule } from '../../../src/core/incidents/rule.ts';
import type { ScoredSample } from '../../../src/core/samples/stored-sample.ts';
import { fc } from '../../helpers/property.ts';
import { makeFacts, makeRule, makeSample, START_MS } from './make-parts.ts';

const RED = 0.99999;
const opens = { score: RED, episode: true, phase: 'OPENS' } as const;
const minute = (count: number) => START_MS + count * 60_000;

/** Holds samples against a rule, one after the other. @returns what ended, and what is open at the end */
function follow(samples: readonly ScoredSample[], changes: Partial<Rule> = {}, adjustment = 0) {
  const about = { rule: makeRule(changes), facts: makeFacts() };
  const ended: Incident[] = [];
  const due: number[] = [];
  let open: Incident | null = null;
  for (const sample of samples) {
    const result = holdAgainst(open, sample, about, () => adjustment);
    if (result.ended !== null) ended.push(result.ended);
    if (result.isDue) due.push(sample.timestampMs);
    open = result.next;
  }
  return { ended, open, due };
}

describe('an incident', () => {
  it.each([
    ['an anomaly that begins', {}, opens, true],
    ['one that only goes on', {}, { ...opens, episode: false }, false],
    ['a score below the sensitivity', {}, { ...opens, score: 0.9999 }, false],
    ['that score, asked for', { sensitivity: 0.999 }, { ...opens, score: 0.9999 }, true],
    ['a provisional score', {}, { ...opens, provisional: true }, false],
    ['that, asked for', { learningGuard: false }, { ...opens, provisional: true }, true],
    ['a time that is excluded', {}, { ...opens, phase: 'EXCLUDED' }, false],
    ['the other direction', { policy: policyOf({ direction: 'BELOW' }) }, opens, false],
    ['that direction', { policy: policyOf({ direction: 'BELOW' }) }, { ...opens, value: 5 }, true],
    ['a deviation as large as asked for', { policy: policyOf({ minDeviation: 10 }) }, opens, true],
    ['a smaller one', { policy: policyOf({ minDeviation: 10.1 }) }, opens, false],
    ['a share of what was expected', { policy: policyOf({ minDeviationRatio: 1 }) }, opens, true],
    ['a smaller share', { policy: policyOf({ minDeviationRatio: 1.01 }) }, opens, false],
    [
      'a value of a level of 0',
      { policy: policyOf({ minDeviationRatio: 9 }) },
      { ...opens, expected: 0 },
      true,
    ],
  ] as const)('opens, or does not, for %s', (_what, rule, sample, isOpen) => {
    const { open, due } = follow([makeSample(0, sample)], rule);
    expect(open?.state).toBe(isOpen ? 'FIRING' : undefined);
    expect(due).toEqual(isOpen ? [START_MS] : []);
  });

  /** What lasts, as the detector says of each of its points: none but the first is an episode. */
  const lasts = { score: RED, phase: 'CONTINUES' } as const;
  it.each([
    ['was too small', { policy: policyOf({ minDeviation: 15 }) }, [opens, { ...lasts, value: 30 }]],
    ['was on the other side', { policy: policyOf({ direction: 'BELOW' }) }, [opens, { ...lasts, value: 0 }]],
    ['was not rare enough', { sensitivity: 0.999992 }, [opens, { ...lasts, score: 0.999993 }]],
    ['was excluded', {}, [{ ...opens, phase: 'EXCLUDED' }, lasts]],
    ['was not confirmed', confirmedBy(2), [opens, { phase: 'CONTINUES' }, lasts, lasts]],
    ['was before the rule', {}, [lasts]],
  ] as const)('opens while an anomaly lasts whose first point %s', (_what, rule, samples) => {
    const { open, due } = follow(
      samples.map((sample, index) => makeSample(index, sample)),
      rule,
    );
    expect(open?.state).toBe('FIRING');
    expect(due).toEqual([minute(samples.length - 1)]);
  });

  it('opens again after two hours without a point, where the metric is anomalous still', () => {
    const { ended, open, due } = follow([makeSample(0, opens), makeSample(120, lasts)]);
    expect(ended).toMatchObject([{ endReason: 'SILENT' }]);
    expect(open).toMatchObject({ state: 'FIRING', startedMs: minute(120) });
    expect(due).toEqual([START_MS, minute(120)]);
  });

  it.each([
    ['is back to normal, but not for long', { score: RED, phase: 'RECOVERS' }],
    ['had something as rare just before', { score: RED, phase: 'QUIET_PERIOD' }],
    ['is not red, and goes on', { score: 0.9999, phase: null }],
  ] as const)('opens at no point of a metric that %s', (_what, sample) => {
    expect(follow([makeSample(0, sample)], { sensitivity: 0.999 }).open).toBeNull();
  });

  it('needs a rarer score where labels raise the threshold: a tenth for each order of magnitude', () => {
    const at = (score: number) => follow([makeSample(0, { ...opens, score })], {}, 1).open !== null;
    expect([at(0.99999), at(0.9999989), at(0.9999991)]).toEqual([false, false, true]);
  });

  it('is over once it was normal for as long as asked for, since the first normal point', () => {
    const normal = Array.from({ length: 11 }, (_, index) => makeSample(index + 1));
    const { ended, open } = follow([makeSample(0, opens), ...normal]);
    expect(open).toBeNull();
    expect(ended).toMatchObject([{ endReason: 'RECOVERED', state: 'ENDED', endedMs: minute(1) }]);
  });

  it('goes on through a time that is excluded, and is not silent in it', () => {
    const excluded = Array.from({ length: 120 }, (_, index) => makeSample(index + 1, { phase: 'EXCLUDED' }));
    const { ended, open } = follow([makeSample(0, opens), ...excluded, makeSample(121)]);
    expect(ended).toEqual([]);
    expect(open).toMatchObject({ state: 'RECOVERING', startedMs: START_MS, calmSinceMs: minute(121) });
  });

  it.each([
    [60, 0],
    [61, 1],
  ])('of a metric that says nothing for %i minutes: %i ends', (pause, count) => {
    const { ended, open } = follow([makeSample(0, opens), makeSample(pause, opens)]);
    expect(ended.map(({ endReason, endedMs }) => [endReason, endedMs])).toEqual(
      Array.from({ length: count }, () => ['SILENT', START_MS]),
    );
    expect(open?.startedMs).toBe(count === 0 ? START_MS : minute(pause));
  });

  it('gives way to one that is ten times rarer and begins', () => {
    const rarer = { ...opens, score: 0.9999995 };
    const { ended, open, due } = follow([makeSample(0, opens), makeSample(1, rarer)]);
    expect(ended).toMatchObject([{ endReason: 'SUPERSEDED', endedMs: minute(1) }]);
    expect(open).toMatchObject({ startedMs: minute(1), score: 0.9999995 });
    expect(due).toEqual([START_MS, minute(1)]);
    expect(follow([makeSample(0, opens), makeSample(1, { ...rarer, episode: false })]).ended).toEqual([]);
  });

  it('says what it was when it fired, and its peak as it goes on', () => {
    const patience = { confirmSeconds: 60, confirmPoints: 2, recoverySeconds: 600 };
    const samples = [
      makeSample(0, { ...opens, value: 30, view: 'TREND' }),
      makeSample(1, { score: 0.999995, value: 40, view: 'LEVEL', phase: 'CONTINUES' }),
      makeSample(2, { score: 0.999999, value: 50, phase: 'CONTINUES' }),
      makeSample(3, { score: 0.99999, value: 60, phase: 'CONTINUES' }),
    ];
    expect(follow(samples, { patience }).open).toMatchObject({
      startedMs: START_MS,
      ...{ score: 0.999995, value: 40, aspect: 'LEVEL' },
      ...{ peakScore: 0.999999, peakValue: 50, peakMs: minute(2), hotPoints: 4 },
    });
  });

  it('keeps its promises whatever comes', () => {
    const step = fc.record({
      pause: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 200 })),
      score: fc.constantFrom(0, 0.5, 0.9999, RED, 0.999999, 0.9999999),
      episode: fc.boolean(),
      phase: fc.constantFrom(null, 'OPENS', 'CONTINUES', 'RECOVERS', 'EXCLUDED'),
      provisional: fc.boolean(),
      value: fc.constantFrom(0, 9, 10, 20, 1e300, -1e300),
    });
    const patience = fc.record({
      confirmSeconds: fc.constantFrom(0, 60, 600),
      confirmPoints: fc.integer({ min: 1, max: 4 }),
      recoverySeconds: fc.constantFrom(0, 60, 600),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), patience, (steps, given) => {
        const about = { rule: makeRule({ patience: given }), facts: makeFacts() };
        let open: Incident | null = null;
        let atMinute = 0;
        for (const { pause, ...sample } of steps) {
          atMinute += pause;
          const before: Incident | null = open;
          const result = holdAgainst(before, makeSample(atMinute, sample), about, () => 0);
          open = result.next;
          // What was never confirmed leaves nothing; what was says why it ended, and when.
          if (result.ended !== null) {
            expect(before?.state).not.toBe('PENDING');
            expect(result.ended).toMatchObject({ id: before?.id, state: 'ENDED' });
            expect(result.ended.endReason).not.toBeNull();
            const { startedMs, endedMs, lastHotMs } = result.ended;
            expect(endedMs).toBeGreaterThanOrEqual(startedMs);
            expect(endedMs).toBeLessThanOrEqual(minute(atMinute));
            expect(lastHotMs).toBeGreaterThanOrEqual(startedMs);
          } else if (before !== null && before.state !== 'PENDING') expect(open?.id).toBe(before.id);
          if (open === null) continue;
          expect(['PENDING', 'FIRING', 'RECOVERING']).toContain(open.state);
          expect(open.endReason).toBeNull();
          expect(open.lastPointMs).toBe(minute(atMinute));
          expect(open.peakScore).toBeGreaterThanOrEqual(before?.id === open.id ? before.peakScore : RED);
          const isConfirmed =
            open.hotPoints >= given.confirmPoints &&
            open.lastHotMs - open.startedMs >= given.confirmSeconds * 1000;
          if (open.state !== 'PENDING') expect(isConfirmed).toBe(true);
          if (result.isDue) expect(open).toMatchObject({ state: 'FIRING', lastHotMs: minute(atMinute) });
        }
      }),
    );
  });
});

function confirmedBy(confirmPoints: number): Partial<Rule> {
  return { patience: { confirmSeconds: 0, confirmPoints, recoverySeconds: 600 } };
}

function policyOf(changes: Partial<Rule['policy']>): Rule['policy'] {
  return { direction: 'BOTH', minDeviation: 0, minDeviationRatio: 0, ...changes };
}
