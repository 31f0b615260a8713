import { describe, expect, it } from 'vitest';
import { parseGroup } from '../../../../src/core/ingest/exposition/parse-group.ts';
import { parseExpositionLine } from '../../../../src/core/ingest/exposition/parse-line.ts';
import { fc } from '../../../helpers/property.ts';

const sample = (
  name: string,
  value: number | null,
  labels: Readonly<Record<string, string>> = {},
  timestampMs: number | null = null,
) => ({ name, labels: new Map(Object.entries(labels)), value, timestampMs });

describe('a line of the text format', () => {
  it.each([
    ['up 1', sample('up', 1)],
    ['\tup\t1\t', sample('up', 1)],
    ['up{} 1', sample('up', 1)],
    ['node:load1:avg -1.5e3', sample('node:load1:avg', -1500)],
    ['a{b="c"} 2 1395066363000', sample('a', 2, { b: 'c' }, 1395066363000)],
    ['a{b="c",d="e",} +2', sample('a', 2, { b: 'c', d: 'e' })],
    ['a { b = "c" , d = "e" } .5', sample('a', 0.5, { b: 'c', d: 'e' })],
    ['a{b=""} 1', sample('a', 1)],
    [
      String.raw`a{b="C:\\DIR\\F",c="say \"hi\"",d="x\ny}{,="} 1`,
      sample('a', 1, { b: 'C:\\DIR\\F', c: 'say "hi"', d: 'x\ny}{,=' }),
    ],
    // What is none of the three escapes is a backslash: promparse.go, unescapeValue of VictoriaMetrics.
    [String.raw`a{b="C:\dir\x",c="\d+\.\t"} 1`, sample('a', 1, { b: 'C:\\dir\\x', c: '\\d+\\.\\t' })],
    [String.raw`a{b="\\n\\",c="1"} 1`, sample('a', 1, { b: '\\n\\', c: '1' })],
    ['a{b = "c" , }-Inf', sample('a', null, { b: 'c' })],
    ['a{}       3', sample('a', 3)],
    ['a 33  \t123123', sample('a', 33, {}, 123123)],
    ['a -1 -3982045', sample('a', -1, {}, -3982045)],
    ['a NaN', sample('a', null)],
    ['a +Inf', sample('a', null)],
    ['a{le="+Inf"} 144320', sample('a', 144320, { le: '+Inf' })],
    ['{"my.metric",b="c"} 1', sample('my.metric', 1, { b: 'c' })],
    ['{__name__="m",b="c"} 1', sample('m', 1, { b: 'c' })],
    ['a{"my.label"="c"} 1', sample('a', 1, { 'my.label': 'c' })],
    ['foo_bucket{le="1"} 17 # {trace_id="abc"} 0.5', sample('foo_bucket', 17, { le: '1' })],
    ['# TYPE a counter', { family: 'a', type: 'counter' }],
    ['#  TYPE  a  gauge ', { family: 'a', type: 'gauge' }],
    ['# TYPE "my.metric" gauge', { family: 'my.metric', type: 'gauge' }],
    ['# HELP a Of all things.', null],
    ['# EOF', null],
    ['#comment', null],
    ['   ', null],
  ] as const)('%s', (line, expected) => {
    expect(parseExpositionLine(line, 'text')).toEqual(expected);
  });

  it.each([
    ['1', 'bad_name'],
    ['{b="c"} 1', 'bad_name'],
    ['é 1', 'bad_name'],
    ['a{b} 1', 'bad_label'],
    ['a{b=c} 1', 'bad_label'],
    ['a{b="c} 1', 'bad_label'],
    ['a{b="c" d="e"} 1', 'bad_label'],
    ['a{b="c",b="d"} 1', 'bad_label'],
    ['a{="c"} 1', 'bad_label'],
    // One name or the other: the Pushgateway and Prometheus refuse such a line, too.
    ['a{__name__="b"} 1', 'bad_label'],
    ['{__name__="b",__name__="c"} 1', 'bad_label'],
    ['{__name__=""} 1', 'bad_name'],
    ['a{"x","y"} 1', 'bad_label'],
    ['a{b="c"', 'bad_label'],
    ['a', 'bad_value'],
    ['a one', 'bad_value'],
    ['a 1_000', 'bad_value'],
    ['a 0x10', 'bad_value'],
    ['a 1e999', 'bad_value'],
    ['a 1 2 3', 'bad_value'],
    ['a 1 now', 'bad_timestamp'],
    ['a 1 1e300', 'bad_timestamp'],
  ])('%s is bad: %s', (line, problem) => {
    expect(parseExpositionLine(line, 'text')).toMatchObject({ problem });
  });

  it('has its time in seconds in OpenMetrics', () => {
    expect(parseExpositionLine('a_total 1 1520879607.789', 'openmetrics')).toEqual(
      sample('a_total', 1, {}, 1520879607789),
    );
  });

  it('never throws, and takes time in proportion to its length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (line) => {
        parseExpositionLine(line, 'text');
        parseExpositionLine(`a{${line}`, 'openmetrics');
      }),
      { numRuns: 500 },
    );
    for (const part of ['a="\\', '{', ' ', '"', 'a', '# TYPE ', '1 ']) {
      parseExpositionLine(`a{${part.repeat(60_000 / part.length)}`, 'text');
    }
  });
});

describe('the path of a group', () => {
  it.each([
    ['job/backup', { job: 'backup' }],
    ['job/backup/', { job: 'backup' }],
    ['job/some_job/instance/some_instance', { job: 'some_job', instance: 'some_instance' }],
    // As a script sends it whose variable is empty: job/backup/instance/$HOST.
    ['job/backup/instance/', { job: 'backup' }],
    ['job/backup/instance/db-1/', { job: 'backup', instance: 'db-1' }],
    ['job/a%2Fb%20c/x/%C3%A4', { job: 'a/b c', x: 'ä' }],
    ['job/directory_cleaner/path@base64/L3Zhci90bXA', { job: 'directory_cleaner', path: '/var/tmp' }],
    ['job/x/path@base64/L3Zhci90bXA=', { job: 'x', path: '/var/tmp' }],
    ['job@base64/cHJvbWV0aGV1cw/empty@base64/=', { job: 'prometheus' }],
  ])('%s', (path, labels) => {
    expect(parseGroup(path)).toEqual(new Map(Object.entries(labels)));
  });

  it.each([
    ['job', 'in pairs'],
    ['job/', 'expected the name of a job'],
    ['job/a/b', 'in pairs'],
    ['instance/a', 'label job first'],
    ['job/a/job/b', 'each label once'],
    ['job/a/1x/b', 'no name of a label'],
    ['job/a/__name__/b', 'no name of a label'],
    ['job/%E4', 'not encoded'],
    ['job@base64/+/x/y', 'not encoded'],
    ['job@base64/=', 'name of a job'],
  ])('%s is refused', (path, reason) => {
    expect(parseGroup(path)).toContain(reason);
  });
});
