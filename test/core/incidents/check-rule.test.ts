/** What a rule may be: the bounds the API's reference gives each field, and what is refused by its name. */
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../src/errors.ts';
import { checkRule, type RuleChange } from '../../../src/core/incidents/check-rule.ts';
import { matchesScope } from '../../../src/core/incidents/metric-facts.ts';
import { makeFacts } from './make-parts.ts';

function refusalOf(change: RuleChange): { path: readonly string[]; message: string } | null {
  try {
    checkRule(change);
    return null;
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { path: error.inputPath, message: error.message };
  }
}

describe('A number of a rule', () => {
  const DAY = 86_400;
  it.each([
    ['confirmSeconds', 0, DAY],
    ['confirmPoints', 1, 1_000],
    ['recoverySeconds', 0, 7 * DAY],
    ['quietSeconds', 0, 30 * DAY],
    ['staleSeconds', 1, 365 * DAY],
    ['noDataSeconds', 60, 30 * DAY],
    ['anomalyRateMinMetrics', 1, 100_000],
    ['anomalyRateSeconds', 0, DAY],
    ['outlierSeconds', 300, 7 * DAY],
  ] as const)('%s is %i to %i', (field, low, high) => {
    for (const value of [low, high]) expect(refusalOf({ [field]: value })).toBeNull();
    for (const value of [low - 1, high + 1, NaN, -Infinity, Infinity]) {
      expect(refusalOf({ [field]: value })).toEqual({
        path: ['input', field],
        message: `${field}: expected ${low} to ${high}, got ${value}`,
      });
    }
  });

  it.each([
    ['sensitivity', [1e-9, 0.5, 0.999_999_999], [0, 1, -0.1, 1.5, NaN]],
    ['anomalyRatePercent', [0.001, 100], [0, -1, 100.001, NaN]],
    ['outlierTolerance', [0.001, 3, 1_000_000], [0, -3, 1_000_001, NaN]],
    ['outlierMinShare', [0.001, 1], [0, 1.001, NaN]],
    ['minDeviation', [0, 1e-300, 1e300], [-1e-300, 1.7e308, NaN]],
    ['minDeviationRatio', [0, 1e300], [-0.1, Infinity, NaN]],
  ] as const)('%s may be %j, and not %j', (field, good, bad) => {
    for (const value of good) expect(refusalOf({ [field]: value })).toBeNull();
    for (const value of bad) expect(refusalOf({ [field]: value })?.path).toEqual(['input', field]);
  });

  it('that is left out, or null where that means none, is not looked at', () => {
    expect(refusalOf({})).toBeNull();
    expect(
      refusalOf({ anomalyRatePercent: null, timeZone: null, subject: null, runbookUrl: null }),
    ).toBeNull();
  });
});

describe('A text of a rule', () => {
  it.each([
    [{ name: 'x'.repeat(100) }, null],
    [
      { name: 'x'.repeat(101) },
      'name: expected 1 to 100 characters, none of them a control character, got 101',
    ],
    [{ name: ' \t' }, 'name: expected 1 to 100 characters, none of them a control character, got " \\t"'],
    [
      { name: 'a\u202eb' },
      'name: expected 1 to 100 characters, none of them a control character, got "a\u202eb"',
    ],
    [
      { name: 'a\ud83d' },
      'name: expected 1 to 100 characters, none of them a control character, got "a\\ud83d"',
    ],
    [{ name: 'Überwachung 😀' }, null],
    [{ subject: '{metric} {{braces}}' }, null],
    [{ subject: 'x'.repeat(256) }, 'subject: expected at most 255 characters, got 256'],
    [{ body: 'x'.repeat(10_001) }, 'body: expected at most 10000 characters, got 10001'],
    [{ body: '{metric}\n'.repeat(1_000) }, null],
    [{ body: 'a } b' }, 'body: a brace belongs to no variable'],
    [{ timeZone: 'America/Argentina/Buenos_Aires' }, null],
    [{ timeZone: '' }, 'timeZone: expected an IANA name such as Europe/Berlin, got ""'],
    [{ runbookUrl: 'https://wiki.example/ö?a=b#c' }, null],
    [{ runbookUrl: 'http://10.0.0.1:8080' }, null],
    [{ runbookUrl: 'data:text/html,x' }, 'runbookUrl: expected an http or https URL'],
    [{ runbookUrl: '//wiki.example' }, 'runbookUrl: expected an http or https URL'],
  ])('%.60j: %s', (change, message) => {
    const refusal = refusalOf(change);
    if (message === null) expect(refusal).toBeNull();
    else expect(refusal?.message).toContain(message);
  });
});

describe('A scope', () => {
  it.each([
    [{ metricIds: [] }, ['scope', 'metricIds']],
    [{ servers: [] }, ['scope', 'servers']],
    [{ servers: Array<string>(1_001).fill('a') }, ['scope', 'servers']],
    [{ namePattern: '' }, ['scope', 'namePattern']],
    [{ namePattern: '*'.repeat(256) }, ['scope', 'namePattern']],
    [{ namePattern: 'a\\' }, ['scope', 'namePattern']],
  ])('of %.40j is refused', (scope, path) => {
    expect(refusalOf({ scope })?.path).toEqual(['input', ...path]);
  });

  it('may name a thousand, and have a pattern of 255', () => {
    const servers = Array.from({ length: 1_000 }, (_, i) => `web-${i}`);
    expect(refusalOf({ scope: { servers, namePattern: `${'x'.repeat(254)}*` } })).toBeNull();
  });

  const facts = makeFacts({
    id: 'm',
    name: 'AWS/EC2/CPUUtilization',
    server: 'web-1',
    autostackId: 's',
    resource: { resourceId: 'i-1', state: 'running', tags: [{ key: 'Env', value: 'prod' }], attributes: {} },
  });
  it.each([
    [{}, true],
    [{ metricIds: ['other', 'm'] }, true],
    [{ metricIds: ['other'] }, false],
    [{ servers: ['web-1'] }, true],
    [{ servers: ['web-10', 'web'] }, false],
    [{ autostackId: 's' }, true],
    [{ autostackId: 't' }, false],
    [{ namePattern: 'AWS/EC2/*' }, true],
    [{ namePattern: '*CPU*' }, true],
    [{ namePattern: 'CPU*' }, false],
    [{ namePattern: 'AWS/EC2/CPUUtilizatio?' }, true],
    [{ tags: [{ key: 'tag:Env', values: ['dev', 'pr*'] }] }, true],
    [{ tags: [{ key: 'tag:Env', values: ['dev'] }] }, false],
    // All that is given has to hold.
    [{ servers: ['web-1'], namePattern: 'AWS/RDS/*' }, false],
    [{ metricIds: ['m'], servers: ['web-1'], autostackId: 's', namePattern: '*' }, true],
  ])('of %j has the metric: %s', (scope, expected) => {
    expect(matchesScope(scope, facts)).toBe(expected);
  });
});

describe('Windows of a rule', () => {
  const window = { start: '2026-11-20T00:00:00Z', end: '2026-11-21T00:00:00Z' };

  it('may be fifty, each of them without a flaw', () => {
    expect(refusalOf({ maintenanceWindows: Array<typeof window>(50).fill(window) })).toBeNull();
    expect(refusalOf({ maintenanceWindows: Array<typeof window>(51).fill(window) })?.path).toEqual([
      'input',
      'maintenanceWindows',
    ]);
  });

  // As they stand in the input, where a window is a member by its kind.
  it.each([
    [{ dates: ['2026-12-25', '02-30'], timeZone: 'UTC' }, 'holidays.dates.1'],
    [{ dates: ['2026-12-25'], timeZone: 'Mars' }, 'holidays.timeZone'],
    [{ weekdays: ['MONDAY' as const], from: '25:00', to: '1:00', timeZone: 'UTC' }, 'weekly.from'],
    [{ weekdays: [], from: '22:00', to: '02:00', timeZone: 'UTC' }, 'weekly.weekdays'],
    [{ start: window.end, end: window.start }, 'once.end'],
  ])('are refused by the place of what is wrong: %j', (flawed, place) => {
    expect(refusalOf({ maintenanceWindows: [window, flawed] })?.path.join('.')).toBe(
      `input.maintenanceWindows.1.${place}`,
    );
  });
});
