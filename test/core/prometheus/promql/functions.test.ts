/** Functions of labels, of what is not there, of order and of dates: cases of promqltest/testdata/functions.test. */
import { describe, expect, it } from 'vitest';
import { ask, type Data } from './memory-queries.ts';

const DST = 'original-destination-value';

describe('a label is made of others', () => {
  const data = {
    [`m{dst="${DST}",src="source-value-10"}`]: '0',
    [`m{dst="${DST}",src="source-value-20"}`]: '1',
  };
  const of = (dst: (number: number) => string): Data =>
    Object.fromEntries(
      [10, 20].map((number, value) => {
        const text = dst(number);
        return [`m{${text === '' ? '' : `dst="${text}",`}src="source-value-${number}"}`, String(value)];
      }),
    );

  it.each([
    ['"dst", "destination-value-$1", "src", "source-value-(.*)"', of((n) => `destination-value-${n}`)],
    // The whole value, not a part of it.
    ['"dst", "destination-value-$1", "src", "value-(.*)"', of(() => DST)],
    ['"dst", "$1-value-$2", "src", "(.*)-value-(.*)"', of((n) => `source-value-${n}`)],
    ['"dst", "value-$1", "nonexistent-src", "source-value-(.*)"', of(() => DST)],
    ['"dst", "value-$1", "nonexistent-src", "(.*)"', of(() => 'value-')],
    ['"dst", "value-$1", "src", "dummy-regex"', of(() => DST)],
    ['"dst", "", "dst", ".*"', of(() => '')],
    // As Go's Regexp.Expand says: $1x is a group of that name, ${1}x is not.
    ['"dst", "${1}x", "src", "source-value-(.*)"', of((n) => `${n}x`)],
    ['"dst", "a$1x", "src", "source-value-(.*)"', of(() => 'a')],
    ['"dst", "$number$$", "src", "source-value-(?P<number>.*)"', of((n) => `${n}$`)],
    ['"dst", "$2$01$ $", "src", "source-value-(.*)"', of(() => '$ $')],
  ])('label_replace(m, %s)', async (texts, expected) => {
    expect(await ask(`label_replace(m, ${texts})`, data)).toEqual(expected);
  });

  it.each([
    ['label_replace(m, "__name__", "n", "src", ".*20")', { [`n{dst="${DST}",src="source-value-20"}`]: '1' }],
    ['label_replace(m, "__name__", "", "src", ".*20")', { [`{dst="${DST}",src="source-value-20"}`]: '1' }],
  ])('the name of a series is one: %s', async (query, expected) => {
    expect(await ask(query, data)).toMatchObject(expected);
  });

  it.each([
    ['label_replace(m, "dst", "", "src", "(.*")', 'invalid regular expression in label_replace()'],
    ['label_replace(m, "~invalid", "", "src", "(.*)")', 'invalid destination label name in label_replace()'],
    ['label_join(m, "~invalid", "-", "src")', 'invalid destination label name in label_join()'],
    ['label_join(m, "dst", "-", "~invalid")', 'invalid source label name in label_join()'],
    ['label_replace(m, "src", "", "", "")', 'vector cannot contain metrics with the same labelset'],
    ['label_join(m, "src", "-")', 'vector cannot contain metrics with the same labelset'],
    ['label_replace(m, "a", "b", "c")', 'expected 5 argument(s)'],
    ['label_join(m, "a")', 'expected 3 argument(s)'],
    ['label_join(m, "a", "-", m)', 'expected type string in label_join, got instant vector'],
  ])('%s is refused', async (query, message) => {
    await expect(ask(query, data)).rejects.toThrow(message);
  });

  const three = {
    'j{dst="x",src="a",src1="b",src2="c"}': '0 1',
    'j{dst="x",src="d",src1="e",src2="f"}': '2 3',
  };
  it.each([
    ['"dst", "-", "src", "src1", "src2"', ['dst="a-b-c",', 'dst="d-e-f",']],
    ['"dst", "", "src", "src1", "src2"', ['dst="abc",', 'dst="def",']],
    ['"dst", "", "emptysrc", "emptysrc1", "emptysrc2"', ['', '']],
    ['"dst", "-"', ['', '']],
    ['"dst", ", ", "this", "that"', ['dst=", ",', 'dst=", ",']],
  ])('label_join(j, %s)', async (texts, [first, second]) => {
    expect(await ask(`label_join(j, ${texts})`, three, 2)).toEqual({
      [`j{${first ?? ''}src="a",src1="b",src2="c"}`]: '0 1',
      [`j{${second ?? ''}src="d",src1="e",src2="f"}`]: '2 3',
    });
  });

  it.each([
    ['label_replace', (inner: string) => `label_replace(${inner}, "src", "$1$1", "src", "(.*)")`],
    [
      'label_replace, at once',
      (inner: string) => `label_replace(${inner}, "src", "${'$1'.repeat(90)}", "src", "(.*)")`,
    ],
    ['label_join', (inner: string) => `label_join(${inner}, "src", "", "src", "src")`],
    [
      'label_join, by its separators',
      (inner: string) => `label_join(${inner}, "src", "${'-'.repeat(200)}", "a", "b", "src")`,
    ],
  ])('calls within each other make no value that grows for ever: %s', async (_, wrap) => {
    let query = 'm';
    for (let depth = 0; depth < 20; depth += 1) query = wrap(query);
    await expect(ask(query, data)).rejects.toThrow('a label may have 4096 characters');
  });

  it('by a pattern that is not too large for each series', async () => {
    const query = `label_replace(m, "dst", "", "src", "(a{1000}){1000}|${'(a?){900}'.repeat(3)}")`;
    await expect(ask(query, data)).rejects.toThrow('invalid regular expression in label_replace()');
    await expect(ask('label_replace(m, "dst", "", "src", "(a?b?c?){900}")', data)).rejects.toThrow(
      'expression too large: expected at most 10000 characters and 2000 instructions',
    );
  });

  it('and series that get the same labels are one where they follow each other', async () => {
    const pods = { 'p{app="a",pod="1"}': '1 2 _ _', 'p{app="a",pod="2"}': '_ _ 3 _' };
    expect(await ask('label_replace(p, "pod", "", "", "")', pods, 4)).toEqual({ 'p{app="a"}': '1 2 3 _' });
  });
});

describe('what is not there', () => {
  const data = { 'up{job="api"}': '1 _ 1', 'up{job="web"}': '_ _ 1' };
  it.each<readonly [string, Data]>([
    ['absent(up)', { '{}': '_ 1 _' }],
    ['absent(up{job="api"})', { '{job="api"}': '_ 1 _' }],
    ['absent(up{job=~"web"})', { '{}': '1 1 _' }],
    ['absent(nothing)', { '{}': '1 1 1' }],
    [
      'absent(nothing{job="testjob", instance="testinstance", method=~".x"})',
      { '{instance="testinstance",job="testjob"}': '1 1 1' },
    ],
    [
      'absent(nothing{job="testjob", instance="testinstance", job="foo"})',
      { '{instance="testinstance"}': '1 1 1' },
    ],
    ['absent(nothing{job=~"a|b", job="a"})', { '{job="a"}': '1 1 1' }],
    ['absent(nothing{job=""})', { '{}': '1 1 1' }],
    ['absent(sum(nothing{job="testjob", instance="testinstance"}))', { '{}': '1 1 1' }],
    ['absent(up > 1)', { '{}': '1 1 1' }],
    ['absent(vector(1))', {}],
    ['absent_over_time(up{job="web"}[90s])', { '{job="web"}': '1 1 _' }],
    ['absent_over_time(up[90s])', {}],
    ['absent_over_time(nothing{job="web"}[5m])', { '{job="web"}': '1 1 1' }],
  ])('%s', async (query, expected) => {
    expect(await ask(query, data, 3)).toEqual(expected);
  });
});

describe('an order', () => {
  const data = { 's{n="a"}': '3', 's{n="b"}': 'NaN', 's{n="c"}': '1', 's{n="d"}': 'Inf' };
  it.each([
    ['sort(s)', ['c', 'a', 'd', 'b']],
    ['sort_desc(s)', ['d', 'a', 'c', 'b']],
  ])('%s has what is no number at its end', async (query, names) => {
    const found = await ask(query, data);
    expect(Object.keys(found)).toEqual(names.map((name) => `s{n="${name}"}`));
  });
});

describe('a date', () => {
  it.each([
    ['year', 1_136_239_445, 2006],
    ['month', 1_136_239_445, 1],
    ['day_of_month', 1_136_239_445, 2],
    ['day_of_year', 1_136_239_445, 2],
    ['day_of_week', 1_136_239_445, 1],
    ['hour', 1_136_239_445, 22],
    ['minute', 1_136_239_445, 4],
    // A leap second is none.
    ['year', 1_230_767_999, 2008],
    ['year', 1_230_768_000, 2009],
    ['month', 1_456_790_399, 2],
    ['month', 1_456_790_400, 3],
    ['day_of_month', 1_456_790_399, 29],
    ['day_of_year', 1_483_228_799, 366],
    ['days_in_month', 1_454_284_800, 29],
    ['days_in_month', 1_485_907_200, 28],
    ['days_in_month', 4_105_123_200, 28],
    ['minute', -0.5, 0],
    ['hour', 3599.9, 0],
  ])('%s(%d) is %d', async (name, seconds, part) => {
    expect(await ask(`${name}(vector(${seconds}))`, {})).toEqual({ '{}': String(part) });
  });

  it('is that of each step where none is given', async () => {
    expect(await ask('minute()', {}, 3)).toEqual({ '{}': '0 1 2' });
    expect(await ask('hour() + day_of_month()', {}, 1)).toEqual({ '{}': '1' });
    expect(await ask('hour(t)', { 't{a="b"}': '7200' })).toEqual({ '{a="b"}': '2' });
  });
});
