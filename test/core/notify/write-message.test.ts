import { IANAZone } from 'luxon';
import { describe, expect, it } from 'vitest';
import { findZone, REGION_ZONES } from '../../../src/core/notify/region-zones.ts';
import {
  findUnknownVariable,
  fillTemplate,
  VARIABLES,
  type Variable,
} from '../../../src/core/notify/template.ts';
import { shortenUnit } from '../../../src/core/notify/incident-words.ts';
import { writeMessage, type Occasion } from '../../../src/core/notify/write-message.ts';
import { REGIONS } from '../../../src/core/sources/aws/regions.ts';
import { makeIncident, makeRateIncident } from './incident-facts.ts';

const DEFAULTS = { subject: null, body: null, timeZone: null, runbookUrl: null };
const FAR_ABOVE = 'The value is far above the expected range.';
const EXPECTED_SUBJECT =
  '[Lapwing] CRITICAL: AWS/ELB/RequestCount on us-west-2/AWS/ELB/grok-docs-elb: 1234.57 (+1130 % vs. expected)';
const occasion = (incidents = [makeIncident()], rest: Partial<Occasion> = {}): Occasion => ({
  id: 'b1',
  kind: 'START',
  ruleName: 'all',
  count: incidents.length,
  incidents,
  ...rest,
});

describe('the text of a message', () => {
  it('row 66: names the server, the metric, and the time in UTC and in the zone asked for', () => {
    const { subject, text } = writeMessage(occasion(), { ...DEFAULTS, timeZone: 'US/Eastern' }, null);
    expect(subject).toBe(EXPECTED_SUBJECT);
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        'Instance: us-west-2/AWS/ELB/grok-docs-elb',
        'Metric: AWS/ELB/RequestCount',
        'Time (UTC): Wednesday, March 19, 2014 08:23 PM',
        'Time (EDT): Wednesday, March 19, 2014 04:23 PM',
        'AWS Region: us-west-2',
      ]),
    );
  });

  it('row 66: has no line Instance and no region for a pushed metric', () => {
    const pushed = makeIncident({ datasource: 'CUSTOM', location: '', metricName: 'web.latency' });
    const own = { ...pushed, instance: 'web.latency' };
    const { text } = writeMessage(occasion([own]), DEFAULTS, null);
    expect(text).toContain('Metric: web.latency');
    expect(text).not.toMatch(/Instance:|Region:/);
    const { text: ofHost } = writeMessage(occasion([{ ...pushed, instance: 'web-1' }]), DEFAULTS, null);
    expect(ofHost).toContain('Instance: web-1\nMetric: web.latency\n');
  });

  it("gives the time in the zone of the metric's region when none is asked for, in UTC without a region", () => {
    expect(writeMessage(occasion(), DEFAULTS, null).text).toContain(
      'Time (PDT): Wednesday, March 19, 2014 01:23 PM',
    );
    const nowhere = makeIncident({ location: '' });
    const { text } = writeMessage(occasion([nowhere]), DEFAULTS, null);
    expect(text.match(/^Time .*$/gm)).toEqual(['Time (UTC): Wednesday, March 19, 2014 08:23 PM']);
  });

  it.each([
    ['RECOVERED', '[Lapwing] RESOLVED: AWS/ELB/RequestCount on grok (s)'],
    ['RULE_CHANGED', '[Lapwing] CLOSED: AWS/ELB/RequestCount on grok (s) (rule changed)'],
    ['SILENT', '[Lapwing] NO DATA: AWS/ELB/RequestCount on grok (s)'],
  ])('says of an incident that ended by %s what is known of it', (endReason, expected) => {
    const ended = makeIncident({ instance: 'grok (s)', endedAt: new Date(0), endReason });
    expect(writeMessage(occasion([ended], { kind: 'END' }), DEFAULTS, null).subject).toBe(expected);
  });

  it('links to the page of the incident where the address of the page is set, and says how long it lasted', () => {
    const startedAt = new Date('2026-01-05T10:00:00Z');
    const endedAt = new Date('2026-01-05T11:20:00Z');
    const ended = makeIncident({ startedAt, endedAt, endReason: 'SILENT' });
    const { text } = writeMessage(occasion([ended], { kind: 'END' }), DEFAULTS, 'https://lapwing.example');
    expect(text).toContain('Resolved after 1 h 20 min: no data.');
    expect(text).toContain(`Open: https://lapwing.example/incidents/Incident%3A${ended.id}`);
    expect(writeMessage(occasion(), DEFAULTS, null).text).not.toContain('Open:');
  });

  it('links to the runbook of the rule, at the start and at the end', () => {
    const texts = { ...DEFAULTS, runbookUrl: 'https://wiki.example/cpu' };
    const ended = makeIncident({ endedAt: new Date('2014-03-19T21:00:00Z'), endReason: 'RECOVERED' });
    for (const about of [occasion(), occasion([ended], { kind: 'END' })]) {
      expect(writeMessage(about, texts, null).text).toContain('\nRunbook: https://wiki.example/cpu\n');
    }
    expect(writeMessage(occasion(), DEFAULTS, null).text).not.toContain('Runbook:');
  });

  it('says of a metric that stopped reporting what was last heard, and expects nothing', () => {
    const facts = makeIncident({
      kind: 'NO_DATA',
      metricUnit: 'Milliseconds',
      value: 80,
      score: 0,
      aspect: null,
    });
    const { subject, text } = writeMessage(occasion([facts]), DEFAULTS, null);
    expect(subject).toMatch(/^\[Lapwing\] CRITICAL: .*: no data \(last value 80 ms\)$/);
    expect(text).toMatch(
      /^Metric stopped reporting. No sample has come for longer than is normal for this metric.\n/,
    );
    expect(text).not.toContain('Expected');
  });

  it('says of many metrics at once how many of how many, and names the worst', () => {
    const { subject, text } = writeMessage(occasion([makeRateIncident()]), DEFAULTS, null);
    expect(subject).toBe('[Lapwing] CRITICAL: db-1: 12 of 30 metrics anomalous (40 %)');
    expect(text.split('\n').filter((line) => !line.startsWith('Time'))).toEqual([
      'Many metrics are anomalous at the same time.',
      '',
      'Severity: CRITICAL',
      'Instance: db-1',
      'Metrics: 12 of 30 metrics anomalous (40 %)',
      'Worst:',
      '- AWS/ELB/RequestCount on us-west-2/AWS/ELB/grok-docs-elb: 1234.57 (+1130 % vs. expected)',
      '- cpu on us-west-2/AWS/ELB/grok-docs-elb: stuck at 97 %',
      '',
      'Sent by the rule all.',
    ]);
    const several = writeMessage(occasion([makeRateIncident(), makeIncident()]), DEFAULTS, null).text;
    expect(several).toMatch(/^2 incidents began\./);
    expect(several).toContain('- CRITICAL anomaly rate: 12 of 30 metrics anomalous (40 %), since ');
  });

  it.each([
    ['one kind', 'NO_DATA', '2 metrics stopped reporting.'],
    ['both kinds', 'ANOMALY', '2 incidents began.'],
  ] as const)('counts incidents of %s', (_, kind, opening) => {
    const incidents = [makeIncident({ kind: 'NO_DATA', score: 0 }), makeIncident({ kind })];
    expect(writeMessage(occasion(incidents), DEFAULTS, null).text.split('\n')[0]).toBe(opening);
  });

  it.each([
    ['above', { value: 111 }, 'The value is above the expected range.', '111 ms (+11 % vs. expected)'],
    [
      'far above',
      { value: 901 },
      'The value is far above the expected range.',
      '901 ms (+801 % vs. expected)',
    ],
    ['below', { value: 80 }, 'The value is below the expected range.', '80 ms (-20 % vs. expected)'],
    [
      'a flat line',
      { value: 100.1, aspect: 'SILENCE' },
      'The value has been stuck (flat) longer than ever before.',
      'stuck at 100.1 ms',
    ],
    [
      'a trend within the range',
      { value: 101, aspect: 'TREND' },
      'The trend of the last hours is anomalous.',
      '101 ms (anomalous trend)',
    ],
    [
      'a time of day',
      { value: 80, aspect: 'TIME_OF_DAY' },
      'The value is below the expected range for this time of day or week.',
      '80 ms (-20 % vs. expected)',
    ],
    ['a thousand times as much', { value: 100_000 }, FAR_ABOVE, '100000 ms (+99900 % vs. expected)'],
    ['nobody knows why', { value: 101, aspect: null }, '', '101 ms (+1 % vs. expected)'],
  ] as const)('says why it is anomalous: %s', (_, changes, reason, finding) => {
    const facts = makeIncident({ metricUnit: 'Milliseconds', ...changes });
    const { subject, text } = writeMessage(occasion([facts]), DEFAULTS, null);
    expect(text.split('\n')[0]).toBe(`Anomaly detected. ${reason}`.trimEnd());
    expect(text).toContain(`\nValue: ${finding}\n`);
    expect(subject.endsWith(`: ${finding}`)).toBe(true);
    expect(text.includes('Expected: 100 ms (90 to 110)')).toBe(facts.aspect !== 'SILENCE');
  });

  it.each([
    ['next to nothing', { value: 12, expected: 1e-9 }, '12 ms'],
    ['as much below 0 as there is', { value: Number.MAX_VALUE, expected: -1e300 }, '1.79769e+308 ms'],
    ['a ten thousandth', { value: 12, expected: 0.0013 }, '12 ms (+923000 % vs. expected)'],
  ])('names no share of what was expected where that was %s', (_what, point, finding) => {
    const facts = makeIncident({ metricUnit: 'Milliseconds', low: -1, high: 1, ...point });
    const { text } = writeMessage(occasion([facts]), DEFAULTS, null);
    expect(text).toContain(`\nValue: ${finding}\n`);
  });

  it.each([
    ['Percent', '%'],
    ['Count', ''],
    ['None', ''],
    ['Bytes/Second', 'B/s'],
    ['Count/Second', '/s'],
    ['Terabits/Second', 'Tbit/s'],
    ['°C', '°C'],
    ['constructor', 'constructor'],
    [null, ''],
  ])('shortens the unit %s to %j', (unit, short) => {
    expect(shortenUnit(unit)).toBe(short);
  });

  it('says how severe it is and how far off, without gaps where there is nothing to say', () => {
    const yellow = makeIncident({ score: 0.99995, value: 5, expected: 10, metricUnit: null });
    const { subject, text } = writeMessage(occasion([yellow]), DEFAULTS, null);
    expect(subject).toContain('WARNING');
    expect(subject).toMatch(/: 5 \(-50 % vs\. expected\)$/);
    expect(text).toContain('\nValue: 5 (-50 % vs. expected)\n');
    const fromNothing = makeIncident({
      value: 5,
      expected: 0,
      metricUnit: null,
      instance: 'm',
      metricName: 'm',
    });
    expect(writeMessage(occasion([fromNothing]), DEFAULTS, null).subject).toBe('[Lapwing] CRITICAL: m: 5');
  });

  it('comes from the templates of the rule, with every variable there is', () => {
    const body = Object.keys(VARIABLES)
      .map((name) => `${name}={${name}}`)
      .join('\n');
    const ended = makeIncident({ endedAt: new Date('2014-03-19T21:00:00Z'), endReason: 'RECOVERED' });
    const { subject, text } = writeMessage(
      occasion([ended], { kind: 'END' }),
      {
        ...DEFAULTS,
        subject: '[{state}] {{{metric}}}\r\n{instance}',
        body,
        timeZone: 'Asia/Tokyo',
      },
      'https://lapwing.example',
    );
    expect(subject).toBe('[ENDED] {AWS/ELB/RequestCount} us-west-2/AWS/ELB/grok-docs-elb');
    expect(text).toContain('timestampLocal=Thursday, March 20, 2014 05:23 AM\ntimezoneLocal=GMT+9');
    expect(text).toContain('endTimestampUTC=Wednesday, March 19, 2014 09:00 PM');
    expect(text).toContain('value=1234.57\nexpected=100');
    expect(text).not.toMatch(/[{}]/);
  });

  it('lists the incidents of a group by their resources, with one footer', () => {
    const names = ['cpu', 'disk', 'net'];
    const of = (server: string, name: string, rest = {}) =>
      makeIncident({
        metricName: name,
        instance: server,
        server,
        location: '',
        metricUnit: 'Percent',
        ...rest,
      });
    const incidents = [
      ...names.map((name) => of('web-1', name)),
      of('web-2', 'cpu', { aspect: 'SILENCE', score: 0.99995 }),
      of('queue.length', 'queue.length'),
      of('web-1', 'memory'),
    ];
    const { text } = writeMessage(
      occasion(incidents, { count: 23 }),
      { ...DEFAULTS, timeZone: 'US/Eastern', runbookUrl: 'https://wiki.example/cpu' },
      'https://lapwing.example',
    );
    const since = 'since Mar 19, 04:23 PM EDT (08:23 PM UTC)';
    const far = `1234.57 % (+1130 % vs. expected), expected 100 % (90 to 110), ${since}`;
    expect(text).toBe(
      [
        '23 anomalies detected.',
        ['web-1', ...[...names, 'memory'].map((name) => `- CRITICAL ${name}: ${far}`)].join('\n'),
        `web-2\n- WARNING cpu: stuck at 1234.57 %, ${since}`,
        `- CRITICAL queue.length: ${far}`,
        '… and 17 more.',
        'Open: https://lapwing.example/incidents\nRunbook: https://wiki.example/cpu\n\nSent by the rule all.',
      ].join('\n\n'),
    );
    const endedAt = new Date('2014-03-19T21:00:00Z');
    const ended = incidents.slice(0, 2).map((facts) => ({ ...facts, endedAt, endReason: 'RECOVERED' }));
    expect(writeMessage(occasion(ended, { kind: 'END' }), DEFAULTS, null).text).toBe(
      '2 incidents ended.\n\nweb-1\n- cpu: resolved after 37 min (recovered)\n- disk: resolved after 37 min (recovered)\n\nSent by the rule all.',
    );
  });

  it('is the default where all variables of a template are empty', () => {
    const empty = { ...DEFAULTS, subject: '{endReason}', body: ' {duration}\n' };
    expect(writeMessage(occasion(), empty, null)).toEqual(writeMessage(occasion(), DEFAULTS, null));
  });

  it('lists twenty of a thousand incidents and counts the others', () => {
    const incidents = Array.from({ length: 25 }, (_, i) => makeIncident({ metricName: `m${i}` }));
    const { subject, text } = writeMessage(
      occasion(incidents, { count: 1000 }),
      {
        ...DEFAULTS,
        body: '{metric}',
      },
      null,
    );
    expect(subject).toBe(
      '[Lapwing] CRITICAL: m0 on us-west-2/AWS/ELB/grok-docs-elb: 1234.57 (+1130 % vs. expected) and 999 more',
    );
    expect(text.split('\n\n')).toEqual([
      ...incidents.slice(0, 20).map((i) => i.metricName),
      '… and 980 more.',
    ]);
  });

  it('runs nothing: what is no variable stays, what a value holds is not looked into', () => {
    const values = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, '{rule}']));
    // Every variable has a value.
    expect(fillTemplate('{metric} {constructor} {', values as Record<Variable, string>)).toBe(
      '{rule} {constructor} {',
    );
    expect(findUnknownVariable('{{no}} {metric} {__proto__}')).toBe('__proto__');
    expect(findUnknownVariable('{metric} {{x}}')).toBeNull();
  });
});

describe('the zones of the regions', () => {
  it('are there for every region, and are real', () => {
    expect(Object.keys(REGION_ZONES).sort()).toEqual(Object.keys(REGIONS).sort());
    expect(Object.values(REGION_ZONES).filter((zone) => !IANAZone.isValidZone(zone))).toEqual([]);
    const others = ['', 'local', 'constructor', '__proto__', 'toString'];
    expect(others.map(findZone)).toEqual(others.map(() => 'UTC'));
  });
});
