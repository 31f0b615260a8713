import { describe, expect, it } from 'vitest';
import {
  AlarmRuleError,
  holdsRule,
  listAlarms,
  parseAlarmRule,
} from '../../../../src/core/cloudwatch-service/alarms/composite/alarm-rule.ts';
import { findSuppression } from '../../../../src/core/cloudwatch-service/alarms/composite/suppression.ts';
import type { AlarmState } from '../../../../src/core/cloudwatch-service/alarms/judge-alarm.ts';

const STATES: Readonly<Record<string, AlarmState>> = {
  a: 'ALARM',
  b: 'OK',
  c: 'INSUFFICIENT_DATA',
  'with (brackets), and "quotes"': 'ALARM',
};
const holds = (rule: string) => holdsRule(parseAlarmRule(rule), (name) => STATES[name]);

describe('An alarm rule', () => {
  it.each([
    ['ALARM(a)', true],
    ['ALARM("a")', true],
    ["OK('b')", true],
    ['INSUFFICIENT_DATA(c)', true],
    ['ALARM(arn:aws:cloudwatch:us-east-1:000000000001:alarm:a)', true],
    ['ALARM("with (brackets), and \\"quotes\\"")', true],
    ['ALARM(b)', false],
    ['ALARM(gone)', false],
    ['NOT ALARM(gone)', true],
    ['ALARM(a) AND OK(b)', true],
    ['ALARM(b) OR ALARM(a) AND ALARM(c)', false],
    ['(ALARM(b) OR ALARM(a)) AND NOT (ALARM(c) OR FALSE)', true],
    ['TRUE', true],
    ['FALSE', false],
    ['AT_LEAST(2, ALARM, (a, b, c))', false],
    ['AT_LEAST(2, NOT ALARM, (a, b, c))', true],
    ['AT_LEAST(33%, ALARM, (a, b, c))', true],
  ])('%s: %s', (rule, expected) => {
    expect(holds(rule)).toBe(expected);
  });

  it.each([
    ['()', "Unsupported token ')' at char 1"],
    ['ALARM(a) AND', 'Unexpected end of the rule at char 12'],
    ['ALARM(a', 'Unexpected end of the rule at char 7'],
    ['ALARM()', "Unsupported token ')' at char 6"],
    ['a OR b', "Unsupported token 'a' at char 0"],
    ['ALARM(a) XOR ALARM(b)', "Unsupported token 'XOR' at char 9"],
    ['ALARM("a)', 'Unsupported token at char 6'],
    ['AT_LEAST(0, ALARM, (a))', "Unsupported token '0' at char 9"],
    [`${'NOT '.repeat(100)}TRUE`, 'Nested deeper than 64'],
  ])('%s is refused', (rule, message) => {
    expect(() => parseAlarmRule(rule)).toThrow(new AlarmRuleError(message));
  });

  it('names its alarms once each', () => {
    const rule = parseAlarmRule('ALARM(a) OR NOT (OK(a) AND ALARM(b)) OR AT_LEAST(1, OK, (c, a)) OR TRUE');
    expect([...listAlarms(rule)]).toEqual(['a', 'b', 'c']);
  });
});

describe('Actions are suppressed', () => {
  const at = (seconds: number) => new Date(1_800_000_000_000 + seconds * 1000);
  const RULE = { waitSeconds: 60, extensionSeconds: 120 };
  const find = (
    suppressedBy: 'WaitPeriod' | 'ExtensionPeriod' | 'Alarm' | null,
    suppressor: readonly [AlarmState, number] | null,
    now: number,
  ) =>
    findSuppression(
      { transitionedAt: at(0), suppressedBy },
      suppressor === null ? null : { state: suppressor[0], transitionedAt: at(suppressor[1]) },
      RULE,
      at(now),
    );

  it.each([
    ['while the suppressor is in ALARM', 'WaitPeriod', ['ALARM', 30], 40, 'Alarm'],
    ['while it may still go into ALARM', null, ['OK', -900], 10, 'WaitPeriod'],
    ['no longer than the wait', 'WaitPeriod', ['OK', -900], 60, null],
    ['for a while after it left ALARM', 'Alarm', ['OK', 300], 310, 'ExtensionPeriod'],
    ['no longer than the extension', 'ExtensionPeriod', ['OK', 300], 420, null],
    ['not by an alarm that is gone', null, null, 0, null],
  ] as const)('%s', (_when, suppressedBy, suppressor, now, expected) => {
    expect(find(suppressedBy, suppressor, now)).toBe(expected);
  });
});
