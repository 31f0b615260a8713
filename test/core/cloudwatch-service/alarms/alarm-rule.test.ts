/** Rules of composite alarms: what is written in any way is read as it was meant. */
import { describe, expect, it } from 'vitest';
import {
  AlarmRuleError,
  holdsRule,
  listAlarms,
  parseAlarmRule,
} from '../../../../src/core/cloudwatch-service/alarms/composite/alarm-rule.ts';
import { ALARM_STATES, type AlarmState } from '../../../../src/core/cloudwatch-service/alarms/judge-alarm.ts';
import { nameAlarmArn } from '../../../../src/core/cloudwatch-service/model/arn.ts';
import { fc } from '../../../helpers/property.ts';

const NAMES = [
  'a',
  'b-1',
  'with space',
  'it\'s "quoted"',
  'brackets (1), too',
  'back\\slash',
  'AND',
  'Ünï/code:x',
];
type States = Readonly<Record<string, AlarmState | undefined>>;

/** A rule as somebody may write it, what it says, and the alarms it names. */
interface Written {
  readonly text: string;
  readonly holds: (states: States) => boolean;
  readonly names: readonly string[];
}

const NAME = fc.constantFrom(...NAMES);
const STATE = fc.constantFrom(...ALARM_STATES);
const BLANK = fc.constantFrom('', ' ', '\n\t');

/** By its ARN or itself; in quotes, or without where it has nothing that would end it. */
const WRITTEN_NAME = fc
  .tuple(NAME, fc.boolean(), fc.constantFrom('"', "'", ''))
  .map(([name, isArn, quote]) => {
    const text = isArn ? nameAlarmArn('eu-west-1', 7, name) : name;
    if (quote === '' && /^[^\s(),"']+$/.test(text)) return { name, text };
    const mark = quote === '' ? '"' : quote;
    return { name, text: mark + text.replaceAll(/["'\\]/g, String.raw`\$&`) + mark };
  });

const { rule: RULE } = fc.letrec<{ rule: Written; element: Written }>((tie) => ({
  element: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    fc.tuple(STATE, WRITTEN_NAME, BLANK).map(([state, { name, text }, blank]): Written => ({
      text: `${state}${blank}(${blank}${text}${blank})`,
      holds: (states) => states[name] === state,
      names: [name],
    })),
    fc
      .constantFrom(true, false)
      .map((value): Written => ({ text: value ? 'TRUE' : 'FALSE', holds: () => value, names: [] })),
    fc
      .tuple(
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        fc.boolean(),
        STATE,
        fc.array(WRITTEN_NAME, { minLength: 1, maxLength: 4 }),
      )
      .map(([count, isPercent, isNegated, state, given]): Written => {
        const number = isPercent ? `${count * 25}%` : String(count);
        const needed = isPercent ? Math.ceil((count * given.length) / 4) : count;
        return {
          text: `AT_LEAST(${number}, ${isNegated ? 'NOT ' : ''}${state}, (${given.map(({ text }) => text).join(', ')}))`,
          holds: (states) =>
            given.filter(({ name }) => (states[name] === state) !== isNegated).length >= needed,
          names: given.map(({ name }) => name),
        };
      }),
    tie('rule').map((inner): Written => ({ ...inner, text: `(${inner.text})` })),
    tie('element').map((inner): Written => ({
      ...inner,
      text: `NOT ${inner.text}`,
      holds: (states) => !inner.holds(states),
    })),
  ),
  // AND binds more tightly than OR.
  rule: fc
    .array(fc.array(tie('element'), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
    .map((groups): Written => ({
      text: groups.map((group) => group.map(({ text }) => text).join(' AND ')).join(' OR '),
      holds: (states) => groups.some((group) => group.every(({ holds }) => holds(states))),
      names: groups.flat().flatMap(({ names }) => names),
    })),
}));

const STATES = fc
  .array(fc.option(STATE, { nil: undefined }), { minLength: NAMES.length, maxLength: NAMES.length })
  .map((states): States => Object.fromEntries(NAMES.map((name, i) => [name, states[i]])));

describe('A rule', () => {
  it('holds where what it was made of does, and names its alarms', () => {
    fc.assert(
      fc.property(RULE, STATES, (written, states) => {
        const node = parseAlarmRule(written.text);
        expect(holdsRule(node, (name) => states[name])).toBe(written.holds(states));
        expect(listAlarms(node)).toEqual(new Set(written.names));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is refused, and nothing else happens, whatever it is', () => {
    const part = fc.constantFrom(
      'ALARM',
      'OK',
      '(',
      ')',
      ',',
      'a',
      '"',
      "'",
      '\\',
      ' ',
      'AND',
      'OR',
      'NOT',
      'AT_LEAST',
      '2',
      '50%',
      'TRUE',
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 14 }).map((parts) => parts.join('')),
        (text) => {
          try {
            listAlarms(parseAlarmRule(text));
          } catch (error) {
            expect(error).toBeInstanceOf(AlarmRuleError);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['brackets', '(', 'TRUE', ')'],
    ['NOT', 'NOT ', 'TRUE', ''],
  ])('may be 64 %s deep and no deeper', (_what, open, inner, close) => {
    const nest = (times: number) => `${open.repeat(times)}${inner}${close.repeat(times)}`;
    expect(() => parseAlarmRule(nest(64))).not.toThrow();
    expect(() => parseAlarmRule(nest(65))).toThrow('Nested deeper than 64');
    expect(() => parseAlarmRule(nest(2_000))).toThrow('Nested deeper than 64');
  });

  it('may have 500 elements', () => {
    const join = (count: number) => Array<string>(count).fill('OK(a)').join(' OR ');
    expect(holdsRule(parseAlarmRule(join(500)), () => 'ALARM')).toBe(false);
    expect(() => parseAlarmRule(join(501))).toThrow('More than 500 elements');
  });

  it.each([
    'alarm(a)',
    'ALARM(a) and OK(b)',
    'ALARM(a) ALARM(b)',
    'ALARM(a, b)',
    'AT_LEAST(1, ALARM, a)',
    'true',
    '',
  ])('is not %j: words are in capitals, and stand where they may', (text) => {
    expect(() => parseAlarmRule(text)).toThrow(AlarmRuleError);
  });
});
