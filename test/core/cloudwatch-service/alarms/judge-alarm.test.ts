/** The tables of "How CloudWatch alarms treat missing data": 0 is fine, X breaches, - is missing, oldest first. */
import { describe, expect, it } from 'vitest';
import type { MissingTreatment } from '../../../../src/core/cloudwatch-service/alarms/check-alarm.ts';
import { judgeAlarm } from '../../../../src/core/cloudwatch-service/alarms/judge-alarm.ts';

const KEPT = null;
const TREATMENTS: readonly MissingTreatment[] = ['missing', 'ignore', 'breaching', 'notBreaching'];

function judge(marks: string, needed: number, treatMissing: MissingTreatment) {
  const points = marks
    .split(' ')
    .map((mark, timeMs) => ({ timeMs, value: mark === '-' ? null : Number(mark === 'X') }));
  return judgeAlarm(points, {
    comparison: { operator: 'GreaterThanThreshold', threshold: 0.5 },
    evaluationPeriods: 3,
    datapointsToAlarm: needed,
    treatMissing,
    minSamples: 0,
  });
}

const TABLE: readonly (readonly [string, number, readonly (string | null)[]])[] = [
  ['0 - X - X', 3, ['OK', 'OK', 'OK', 'OK']],
  ['0 - - - -', 3, ['OK', 'OK', 'OK', 'OK']],
  ['- - - - -', 3, ['INSUFFICIENT_DATA', KEPT, 'ALARM', 'OK']],
  ['0 X X - X', 3, ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  ['- - - - X', 3, ['INSUFFICIENT_DATA', KEPT, 'ALARM', 'OK']],
  ['X - - - -', 3, ['ALARM', KEPT, 'ALARM', 'OK']],
  ['- - X - -', 3, ['ALARM', KEPT, 'ALARM', 'OK']],
  ['0 - X - X', 2, ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  ['0 0 X 0 X', 2, ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  ['0 - X - -', 2, ['OK', 'OK', 'ALARM', 'OK']],
  ['- - - - 0', 2, ['OK', 'OK', 'ALARM', 'OK']],
  ['- - - X -', 2, ['ALARM', KEPT, 'ALARM', 'OK']],
  ['- - - - X', 2, ['INSUFFICIENT_DATA', KEPT, 'ALARM', 'OK']],
];
const CASES = TABLE.flatMap(([marks, needed, states]) =>
  TREATMENTS.map((treatment, i) => ({ marks, needed, treatment, state: states[i] ?? KEPT })),
);

describe('An alarm over 3 periods', () => {
  it.each(CASES)(
    'sees [$marks], needs $needed, treats missing as $treatment: $state',
    ({ marks, needed, treatment, state }) => {
      expect(judge(marks, needed, treatment)).toBe(state);
    },
  );
});

describe('A comparison', () => {
  const judgeOne = (operator: string, value: number) =>
    judgeAlarm([{ timeMs: 0, value, upper: 10, lower: 5 }], {
      comparison: (operator.includes('er') && /Lower|Upper/.test(operator)
        ? { operator, bandId: 'b1' }
        : { operator, threshold: 5 }) as Parameters<typeof judgeAlarm>[1]['comparison'],
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      treatMissing: 'missing',
      minSamples: 0,
    });
  it.each([
    ['GreaterThanThreshold', 5, 'OK'],
    ['GreaterThanOrEqualToThreshold', 5, 'ALARM'],
    ['LessThanThreshold', 5, 'OK'],
    ['LessThanOrEqualToThreshold', 5, 'ALARM'],
    ['LessThanLowerOrGreaterThanUpperThreshold', 4, 'ALARM'],
    ['LessThanLowerOrGreaterThanUpperThreshold', 11, 'ALARM'],
    ['LessThanLowerOrGreaterThanUpperThreshold', 7, 'OK'],
    ['LessThanLowerThreshold', 11, 'OK'],
    ['GreaterThanUpperThreshold', 11, 'ALARM'],
  ])('%s of %d is %s', (operator, value, state) => {
    expect(judgeOne(operator, value)).toBe(state);
  });
});

describe('Points of few samples', () => {
  const judgeCounts = (counts: readonly (number | null)[], minSamples: number) =>
    judgeAlarm(
      counts.map((count, timeMs) =>
        count === null ? { timeMs, value: null } : { timeMs, value: 9, sampleCount: count },
      ),
      {
        comparison: { operator: 'GreaterThanThreshold', threshold: 5 },
        evaluationPeriods: 2,
        datapointsToAlarm: 1,
        treatMissing: 'breaching',
        minSamples,
      },
    );
  it.each([
    ['one point of two has too few', [1_000, 999], 1_000, KEPT],
    ['both have as many as are needed', [1_000, 1_000], 1_000, 'ALARM'],
    ['the one of few is older than what is evaluated', [1, 1_000, 1_000], 1_000, 'ALARM'],
    ['nothing is missing but data', [null, null], 1_000, 'ALARM'],
    ['any number will do', [1, 1], 0, 'ALARM'],
  ])('keep the state or not where %s', (_what, counts, minSamples, state) => {
    expect(judgeCounts(counts, minSamples)).toBe(state);
  });
});
