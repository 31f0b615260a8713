/** What AWS' front end says of requests that break the bounds of their shape; its words, as its users quote them. */
import { describe, expect, it } from 'vitest';
import {
  PUT_METRIC_ALARM_INPUT,
  SET_ALARM_STATE_INPUT,
} from '../../../../src/core/cloudwatch-service/alarms/shapes.ts';
import { checkConstraints } from '../../../../src/core/cloudwatch-service/model/constraints.ts';
import {
  list,
  oneOf,
  string,
  structure,
  text,
  wholeNumber,
} from '../../../../src/core/cloudwatch-service/model/shape.ts';

const ALARM = {
  AlarmName: 'a',
  EvaluationPeriods: 1,
  ComparisonOperator: 'GreaterThanThreshold',
};
const refusalOf = (change: object) => {
  try {
    checkConstraints(PUT_METRIC_ALARM_INPUT, { ...ALARM, ...change });
    return null;
  } catch (error) {
    return error;
  }
};

describe('A request within its bounds', () => {
  it.each([
    {},
    { AlarmName: 'x'.repeat(255), EvaluationPeriods: 2 ** 31, AlarmDescription: '' },
    { OKActions: [], AlarmActions: Array<string>(5).fill('arn:aws:sns:us-east-1:1:t') },
    { Tags: [{ Key: 'k', Value: '' }] },
    { Unknown: 'member', Period: undefined },
  ])('passes: %.60j', (change) => {
    expect(refusalOf(change)).toBeNull();
  });
});

describe('A request out of its bounds is refused', () => {
  it.each([
    [
      { AlarmName: undefined },
      "1 validation error detected: Value null at 'alarmName' failed to satisfy constraint: Member must not be null",
    ],
    [
      { AlarmName: '' },
      "1 validation error detected: Value '' at 'alarmName' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      { EvaluationPeriods: 0 },
      "1 validation error detected: Value '0' at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      { ComparisonOperator: 'Above' },
      "1 validation error detected: Value 'Above' at 'comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set: [GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanThreshold, LessThanOrEqualToThreshold, LessThanLowerOrGreaterThanUpperThreshold, LessThanLowerThreshold, GreaterThanUpperThreshold]",
    ],
    [
      { OKActions: ['a', 'b', 'c', 'd', 'e', 'f'] },
      "1 validation error detected: Value '[a, b, c, d, e, f]' at 'oKActions' failed to satisfy constraint: Member must have length less than or equal to 5",
    ],
    [
      { AlarmActions: ['a', ''] },
      "1 validation error detected: Value '' at 'alarmActions.2.member' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      {
        Tags: [
          { Key: 'k', Value: 'v' },
          { Key: '', Value: undefined },
        ],
      },
      "2 validation errors detected: Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1; Value null at 'tags.2.member.value' failed to satisfy constraint: Member must not be null",
    ],
    [
      { Dimensions: Array<object>(31).fill({ Name: 'n', Value: 'v' }) },
      "1 validation error detected: Value '[31 members]' at 'dimensions' failed to satisfy constraint: Member must have length less than or equal to 30",
    ],
  ])('%.50j', (change, message) => {
    expect(refusalOf(change)).toMatchObject({ code: 'ValidationError', message });
  });

  it('for all that is wrong at once, in the order of the shape', () => {
    const refusal = refusalOf({
      AlarmName: undefined,
      EvaluationPeriods: undefined,
      ComparisonOperator: undefined,
    });
    expect(String(refusal)).toContain('3 validation errors detected: ');
    expect([...String(refusal).matchAll(/at '(\w+)'/g)].map(([, name]) => name)).toEqual([
      'alarmName',
      'evaluationPeriods',
      'comparisonOperator',
    ]);
  });

  it('without control characters, and with no more than some of a long value', () => {
    const refusal = String(refusalOf({ AlarmName: `a\n\u0007${'x'.repeat(300)}` }));
    expect(refusal).toContain("Value 'a??xxx");
    expect(refusal).toContain('…');
    expect(refusal.length).toBeLessThan(300);
  });

  it.each([null, undefined, 'text', 7, []])('where it is %j and no structure at all', (tree) => {
    expect(() => {
      checkConstraints(SET_ALARM_STATE_INPUT, tree);
    }).toThrow("3 validation errors detected: Value null at 'alarmName'");
  });
});

describe('Bounds', () => {
  const SHAPE = structure({
    Rows: list(
      structure({ Size: wholeNumber(1, 3), Color: oneOf('red', 'blue'), Note: text(2, 4), Any: string }),
      2,
    ),
  });
  const check = (tree: unknown) => () => {
    checkConstraints(SHAPE, tree);
  };

  it('belong to what they bound', () => {
    expect(
      check({
        Rows: [
          { Size: 1, Note: 'ab' },
          { Size: 3, Note: 'abcd', Color: 'blue' },
        ],
      }),
    ).not.toThrow();
    expect(check({ Rows: [{ Size: 4 }] })).toThrow(
      "Value '4' at 'rows.1.member.size' failed to satisfy constraint: Member must have value less than or equal to 3",
    );
    expect(check({ Rows: [{}, { Note: 'abcde' }] })).toThrow(
      "Value 'abcde' at 'rows.2.member.note' failed to satisfy constraint: Member must have length less than or equal to 4",
    );
  });

  it('of a list are named beside those of its members', () => {
    const rows = [{ Size: 0 }, {}, { Color: 'green' }];
    expect(check({ Rows: rows })).toThrow(/^3 validation errors detected: Value '\[3 members\]' at 'rows'/);
  });
});
