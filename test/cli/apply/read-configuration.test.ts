/** What a configuration file may be, and what is said of one that cannot be applied: each mistake with its line and column. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Configuration } from '../../../src/cli/apply/configuration.ts';
import { createFileFormat } from '../../../src/cli/apply/file-format.ts';
import { findNearestName } from '../../../src/cli/apply/nearest-name.ts';
import { ConfigurationFileError, readConfiguration } from '../../../src/cli/apply/read-configuration.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lapwing-configuration-'));
  await writeFile(join(folder, 'secret'), 'sesame sesame sesame\n');
  await writeFile(join(folder, 'empty'), '\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const format = createFileFormat();
const environment = { HOOK: 'sesame of the environment\n', EMPTY: '' };
const readFile = (text: string): Configuration =>
  readConfiguration(text, 'f.yaml', { folder, environment }, format);

/** What is said of the file, a line for each problem. */
function listProblems(text: string): readonly string[] {
  try {
    readFile(text);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationFileError)) throw error;
    const [head, ...lines] = error.message.split('\n');
    expect(head).toBe('f.yaml cannot be applied:');
    expect(error.message).not.toContain('sesame');
    return lines.map((line) => line.trim().replace(/^f\.yaml:/, ''));
  }
}

const rules = (text: string) => `apiVersion: 1\nnotificationRules:\n${text}`;
const channel = (text: string) => rules(`  - name: a\n    channels:\n      - ${text}`);

/** The file, and what is said of it: line, column, message. */
const MISTAKES: readonly (readonly [what: string, text: string, problem: RegExp])[] = [
  ['nothing', '', /^1:1: expected a mapping that begins with apiVersion: 1$/],
  ['a list', '- a\n', /^1:1: expected a mapping with apiVersion, .*, got a list$/],
  ['no version', 'metrics: []\n', /^1:1: apiVersion: expected, is missing$/],
  ['another version', 'apiVersion: 2\n', /^1:13: apiVersion: expected 1, got 2$/],
  [
    'a version that is a text',
    'apiVersion: "1"\n',
    /^1:13: apiVersion: expected a whole number, got a text$/,
  ],
  ['no YAML', 'apiVersion: 1\nmetrics: [\n', /^3:1: .*flow/i],
  ['a tab', 'apiVersion: 1\nmetrics:\n\t- a\n', /^3:1: /],
  [
    'a key twice',
    'apiVersion: 1\napiVersion: 1\n',
    /^2:1: apiVersion: expected once in its mapping, is there twice$/,
  ],
  [
    'a quoted key twice',
    '{"apiVersion": 1, "metrics": [], "metrics": []}',
    /^1:34: "metrics": expected once/,
  ],
  ['two documents', 'apiVersion: 1\n---\napiVersion: 1\n', /^2:\d+: expected one document, got several$/],
  ['a tag', 'apiVersion: 1\nmetrics: !vault x\n', /^2:10: .*!vault/],
  ['an alias of nothing', 'apiVersion: 1\nmetrics: *none\n', /^2:10: .*none/],
  [
    'an unknown section',
    'apiVersion: 1\nnotificationRule: []\n',
    /^2:1: notificationRule: there is no such key; did you mean notificationRules\?$/,
  ],
  [
    'an unknown key',
    rules('  - name: a\n    quietSecond: 1\n'),
    /^4:5: notificationRules\[0\]\.quietSecond: there is no such key; did you mean quietSeconds\?$/,
  ],
  [
    'a key like none',
    rules('  - name: a\n    zzz: 1\n'),
    /^4:5: .*zzz: there is no such key; expected one of anomalyRateGroup, /,
  ],
  ['a key of nobody', rules('  - name: a\n    __proto__: 1\n'), /^4:5: .*__proto__: there is no such key/],
  ['no name', rules('  - enabled: true\n'), /^3:5: notificationRules\[0\]\.name: expected, is missing$/],
  [
    'a name of nothing',
    rules('  - name:\n'),
    /^3:5: notificationRules\[0\]\.name: expected a text, got nothing$/,
  ],
  [
    'a number for a name',
    rules('  - name: 12\n'),
    /^3:11: notificationRules\[0\]\.name: expected a text in quotes, got a number$/,
  ],
  [
    'an empty name',
    rules('  - name: " "\n'),
    /^3:11: notification rule " ": name: expected 1 to 100 characters, none of them a control character, got " "$/,
  ],
  [
    'a text for a number',
    rules('  - name: a\n    quietSeconds: "1h"\n'),
    /^4:19: notificationRules\[0\]\.quietSeconds: expected a whole number, got a text$/,
  ],
  [
    'half a second',
    rules('  - name: a\n    quietSeconds: 1.5\n'),
    /^4:19: .*expected a whole number, got 1\.5$/,
  ],
  ['no number', rules('  - name: a\n    minDeviation: .nan\n'), /^4:19: .*expected a number, got NaN$/],
  [
    'too many seconds',
    rules('  - name: a\n    confirmSeconds: 86401\n'),
    /^4:21: notification rule "a": confirmSeconds: expected 0 to 86400, got 86401$/,
  ],
  [
    'yes',
    rules('  - name: a\n    enabled: yes\n'),
    /^4:14: notificationRules\[0\]\.enabled: expected true or false, got a text$/,
  ],
  [
    'a list for one',
    rules('  - name: a\n    scope: []\n'),
    /^4:12: notificationRules\[0\]\.scope: expected a mapping with .*, got a list$/,
  ],
  ['one for a list', rules('  name: a\n'), /^3:3: notificationRules: expected a list, got a mapping$/],
  [
    'an unknown word',
    rules('  - name: a\n    direction: ABOV\n'),
    /^4:16: notificationRules\[0\]\.direction: expected one of ABOVE, BELOW, BOTH; did you mean ABOVE\?$/,
  ],
  [
    'ids',
    rules('  - name: a\n    scope: { metricIds: [x] }\n'),
    /^4:14: .*metricIds: there is no such key; expected one of /,
  ],
  [
    'a bad pattern of tags',
    rules('  - name: a\n    scope: { tags: [{ key: "", values: [a] }] }\n'),
    /^4:28: notification rule "a": .*expected the key of a tag/,
  ],
  [
    'an unknown time zone',
    rules('  - name: a\n    timeZone: Europe/Berlinn\n'),
    /^4:15: notification rule "a": timeZone: expected an IANA name/,
  ],
  [
    'a template of nothing',
    rules('  - name: a\n    body: "{metrc}"\n'),
    /^4:11: notification rule "a": .*\{metrc\} is none of/,
  ],
  [
    'a window of nothing',
    rules('  - name: a\n    maintenanceWindows: [{}]\n'),
    /^4:26: notificationRules\[0\]\.maintenanceWindows\[0\]: expected exactly one of holidays, once, weekly, got none$/,
  ],
  [
    'a time of no zone',
    rules(
      '  - name: a\n    maintenanceWindows: [{ once: { start: 2027-01-01, end: 2027-01-02T00:00:00Z } }]\n',
    ),
    /^4:43: .*start: expected a time such as 2026-11-23T09:30:00Z, got a text$/,
  ],
  [
    'a rule twice',
    rules('  - name: a\n  - name: a\n'),
    /^4:5: notification rule "a" is at f\.yaml:3:5 already$/,
  ],
  [
    'a rule that is to be gone',
    `${rules('  - name: a\n')}delete: { notificationRules: [a] }\n`,
    /^4:31: notification rule "a" is at f\.yaml:3:5 already$/,
  ],
  [
    'a channel of two kinds',
    channel('{ slack: { url: x }, teams: { url: x } }'),
    /^5:9: .*expected exactly one of .*, got slack and teams$/,
  ],
  ['a channel to keep', channel('{ keep: x }'), /^5:11: .*keep: there is no such key/],
  [
    'no secret',
    channel('webhook: { url: x }'),
    /^5:18: webhook\.secret: expected secret, or secretFile, or secretEnv, is missing$/,
  ],
  [
    'two secrets',
    channel('webhook: { url: x, secret: sesame, secretEnv: HOOK }'),
    /^5:36: webhook\.secret: expected one of secret and secretEnv$/,
  ],
  [
    'a secret of numbers',
    channel('webhook: { url: x, secret: 1234567890123456 }'),
    /^5:36: .*secret: expected a text in quotes, got a number$/,
  ],
  [
    'a file that is not there',
    channel('webhook: { url: x, secretFile: none }'),
    /^5:40: webhook\.secretFile: cannot read none: ENOENT/,
  ],
  [
    'a file of nothing',
    channel('webhook: { url: x, secretFile: empty }'),
    /^5:40: webhook\.secretFile: empty is empty$/,
  ],
  [
    'a variable that is not set',
    channel('slack: { urlEnv: NONE }'),
    /^5:26: slack\.urlEnv: the variable NONE is not set$/,
  ],
  [
    'a variable of nothing',
    channel('slack: { urlEnv: EMPTY }'),
    /^5:26: slack\.urlEnv: the variable EMPTY is not set$/,
  ],
  [
    'a policy of everything',
    'apiVersion: 1\nmonitoringPolicies:\n  - { name: a, match: {} }\n',
    /^3:23: monitoring policy "a": .*expected a namePattern or tags/,
  ],
  [
    'min alone',
    'apiVersion: 1\nmetrics:\n  - spec: { custom: { name: a } }\n    model: { min: 1 }\n',
    /^4:12: metric custom "a": max: expected together with min/,
  ],
  [
    'a metric of an autostack',
    'apiVersion: 1\nmetrics:\n  - spec: { autostack: {} }\n',
    /^3:13: .*autostack: there is no such key/,
  ],
  [
    'an autostack of everything',
    'apiVersion: 1\nautostacks:\n  - { name: a, region: b, filters: [] }\n',
    /^3:36: autostack "a" in b: .*at least one filter/,
  ],
];

describe('a configuration file', () => {
  it.each(MISTAKES)('with %s is refused', (_what, text, problem) => {
    expect(listProblems(text)).toEqual([expect.stringMatching(problem) as string]);
  });

  it('is told everything at once', () => {
    const text = rules('  - nam: a\n    direction: UP\n  - name: b\n    confirmPoints: x\n');
    expect(listProblems(text).map((line) => line.split(':', 2).join(':'))).toEqual([
      '3:5',
      '3:5',
      '4:16',
      '6:20',
    ]);
  });

  it('that doubles itself by aliases is refused before it is large', () => {
    const levels = Array.from({ length: 30 }, (_, i) => `        a${i + 1}: &a${i + 1} [*a${i}, *a${i}]\n`);
    const text = `apiVersion: 1\nmetrics:\n  - spec:\n      custom:\n        name: a\n        userInfo:\n          a0: &a0 [x]\n${levels.join('').replaceAll('        a', '          a')}`;
    expect(listProblems(text)).toEqual([expect.stringMatching(/expected at most 1000 aliases$/) as string]);
  });

  it('takes secrets from files beside it and from the environment, without the line end', () => {
    const { entries } = readFile(
      channel('webhook: { urlEnv: HOOK, secretFile: secret }\n      - email: { to: [a@example.com] }\n'),
    );
    expect(entries[0]?.value.channels).toEqual([
      { webhook: { url: 'sesame of the environment', secret: 'sesame sesame sesame' } },
      { email: { to: ['a@example.com'] } },
    ]);
  });

  it('may be JSON, may be empty, and may leave values out', () => {
    expect(readFile('{ "apiVersion": 1 }')).toEqual({ entries: [], deletions: [] });
    const { entries } = readFile(rules('  - name: a\n    timeZone:\n    scope: null\n'));
    expect(entries.map(({ value }) => value)).toEqual([{ name: 'a' }]);
  });
});

describe('the nearest name', () => {
  it.each([
    ['quietSecond', 'quietSeconds'],
    ['QUIETSECONDS', 'quietSeconds'],
    ['quitSceonds', 'quietSeconds'],
    ['enabeld', 'enabled'],
    ['zzz', null],
    ['', null],
  ])('to %j is %j', (given, name) => {
    expect(findNearestName(given, ['enabled', 'quietSeconds', 'name'])).toBe(name);
  });
});
