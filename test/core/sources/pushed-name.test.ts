import { describe, expect, it } from 'vitest';
import {
  MAX_PUSHED_NAME,
  readSeriesMetric,
  readSeriesTags,
  toCanonicalName,
  toPushedIdentity,
  toPushedServer,
  writeSeriesName,
} from '../../../src/core/sources/pushed-name.ts';
import { fc } from '../../helpers/property.ts';

describe('the canonical name of a pushed series', () => {
  it.each([
    ['tags in another order', 'm;host=a;dc=x', 'm;dc=x;host=a'],
    ['tags in order', 'm;dc=x;host=a', 'm;dc=x;host=a'],
    ['labels as Prometheus writes them', 'm{host="a",dc="x"}', 'm;dc=x;host=a'],
    ['labels with blanks between', 'm{host="a", dc = "x"}', 'm;dc=x;host=a'],
    ['escapes in labels', 'm{p="C:\\\\x",q="say \\"a\\""}', 'm;p=C:\\x;q=say "a"'],
    ['a label that is empty, as good as none', 'm{a="",b="1"}', 'm;b=1'],
    ['backslashes that escape nothing', 'm{p="C:\\dir",q="\\d+"}', 'm;p=C:\\dir;q=\\d+'],
    ['a semicolon in a label', 'm{a="x;b=y"}', 'm;a=x\\;b=y'],
    ['braces in a label', 'm{a="{\\"x\\"}"}', 'm;a={"x"}'],
    ['a tag given twice, of which carbon takes the last', 'm;a=1;b=2;a=3', 'm;a=3;b=2'],
    ['a tag without a value', 'm;b=;a=1', 'm;a=1;b='],
    ['an = in a value', 'm;b=x=y;a=1', 'm;a=1;b=x=y'],
    ['keys of which one begins another', 'm;a=1;a-b=2;a.c=3', 'm;a=1;a-b=2;a.c=3'],
    ['capitals before small letters', 'm;a=1;B=2', 'm;B=2;a=1'],
    ['a name of dots', 'a.b.c', 'a.b.c'],
    ['no tags at all, only a semicolon', 'a;b', 'a;b'],
    ['a tag without a key', 'm;=1;a=2', 'm;=1;a=2'],
    ['no metric', ';a=1', ';a=1'],
    ['labels without a metric', '{a="1"}', '{a="1"}'],
    ['labels that are none', 'm{a=1,b="2"}', 'm{a=1,b="2"}'],
    ['labels cut off', 'm{a="1",b"}', 'm{a="1",b"}'],
    ['a template of something else', 'm{{x}}', 'm{{x}}'],
  ])('with %s', (_, name, canonical) => {
    expect(toCanonicalName(name)).toBe(canonical);
  });

  const text = fc.stringMatching(/^[a-zA-Z0-9_.:/ -]{1,12}$/).filter((key) => key.trim() === key);
  const tags = fc.uniqueArray(fc.tuple(text, text), { selector: ([key]) => key, maxLength: 6 });
  const shuffled = tags.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
  );

  it('is the same whichever way, and in whatever order, a series is written', () => {
    fc.assert(
      fc.property(text, shuffled, (metric, [one, other]) => {
        const graphite = (all: typeof one) => metric + all.map(([key, value]) => `;${key}=${value}`).join('');
        const prometheus = (all: typeof one) =>
          all.length === 0 ? metric : `${metric}{${all.map(([key, value]) => `${key}="${value}"`).join()}}`;
        const canonical = writeSeriesName(metric, one);
        const ways = [graphite(one), graphite(other), prometheus(other), writeSeriesName(metric, other)];
        for (const way of ways) expect(toCanonicalName(way)).toBe(canonical);
      }),
    );
  });

  it('is canonical, whatever the name', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc
        .array(fc.constantFrom('m', ';', '=', '{', '}', '"', ',', '\\', 'a', ' '), { maxLength: 25 })
        .map((all) => all.join('')),
    );
    fc.assert(
      fc.property(any, (name) => {
        const canonical = toCanonicalName(name);
        expect(toCanonicalName(canonical)).toBe(canonical);
      }),
      { numRuns: 2000 },
    );
  });

  it('costs a hostile name no more than its length', () => {
    for (const name of [
      `m{${' '.repeat(4000)}"}`,
      `m{${'a="'.repeat(1300)}"}`,
      `m${';a=1'.repeat(1000)}`,
      `m{a="${'\\'.repeat(4000)}"}`,
    ]) {
      expect(toCanonicalName(toCanonicalName(name))).toBe(toCanonicalName(name));
    }
  });
});

describe('the name of a series says what its sender means', () => {
  it.each<readonly [tags: Readonly<Record<string, string>>, name: string]>([
    [{ path: 'C:\\dir', z: '1' }, 'm;path=C:\\dir;z=1'],
    [{ path: 'C:\\', z: '1' }, 'm;path=C:\\\\;z=1'],
    [{ z: 'C:\\' }, 'm;z=C:\\'],
    [{ a: 'x;b=y' }, 'm;a=x\\;b=y'],
    [{ a: 'x\\;b=y' }, 'm;a=x\\\\\\;b=y'],
    [{ a: 'x\\', b: 'y' }, 'm;a=x\\\\;b=y'],
  ])('with backslashes and semicolons: %j', (tags, name) => {
    expect(writeSeriesName('m', Object.entries(tags))).toBe(name);
    expect(Object.fromEntries(readSeriesTags(name))).toEqual(tags);
    expect(readSeriesMetric(name)).toBe('m');
    expect(toCanonicalName(name)).toBe(name);
  });

  it('whatever they are: two series never have one name', () => {
    const text = fc.array(fc.constantFrom('a', '\\', ';', '=', '"', '}', ' '), { maxLength: 5 });
    const value = text.map((all) => all.join(''));
    const key = value.map((given) => `k${given.replaceAll('=', '')}`);
    const series = fc.record({
      metric: value.map((given) => `m${given}`),
      tags: fc.uniqueArray(fc.tuple(key, value), { selector: ([one]) => one, minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(series, ({ metric, tags }) => {
        const name = writeSeriesName(metric, tags);
        const sorted = tags.toSorted(([a], [b]) => (a < b ? -1 : 1));
        expect([...readSeriesTags(name)]).toEqual(sorted);
        expect(readSeriesMetric(name)).toBe(metric);
        expect(toCanonicalName(name)).toBe(name);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a line break in a query', 'SELECT *\n\tFROM t', 'm;q=SELECT * FROM t'],
    ['a line break at the end', 'x\r\n', 'm;q=x'],
    ['a byte of nothing', 'a\u0000b', 'm;q=a b'],
    ['bytes that were no UTF-8', 'caf\ufffd', 'm;q=caf'],
    ['half of a character', 'x\ud83dy', 'm;q=x y'],
    ['direction that is overridden', 'a\u202eb', 'm;q=a b'],
    ['nothing else', '\n', 'm'],
    ['what can be printed', ' é 😀 ', 'm;q= é 😀 '],
  ])('with a blank for what cannot be printed in a value: %s', (_what, value, name) => {
    expect(writeSeriesName('m', [['q', value]])).toBe(name);
  });

  it.each([
    ['backslashes', '\\'.repeat(500_000)],
    ['backslashes and an end', `${'\\'.repeat(500_000)};x`],
    ['semicolons', ';'.repeat(500_000)],
    ['both', '\\;'.repeat(250_000)],
    ['line breaks', '\n'.repeat(500_000)],
    ['blanks and line breaks', ' \n'.repeat(250_000)],
  ])('in time that grows with its length: %s', (_what, value) => {
    const tags: [string, string][] = [
      ['a', value],
      ['b', `${value}x`],
    ];
    const name = writeSeriesName('m', tags);
    if (value.includes('\n')) expect(readSeriesTags(name).get('b')).toBe('x');
    else expect([...readSeriesTags(name)]).toEqual(tags);
    expect(toCanonicalName(name)).toBe(name);
  });

  it('but not in a name or a key, where nobody would know what was meant', () => {
    expect(writeSeriesName('a\nb', [['k\n', 'v\n']])).toBe('a\nb;k\n=v');
  });
});

describe('what a long name is known by', () => {
  it('fits into an index, and differs where the names do', () => {
    const long = [
      'n'.repeat(255),
      'n'.repeat(256),
      `${'n'.repeat(4095)}a`,
      `${'n'.repeat(4095)}b`,
      '計'.repeat(MAX_PUSHED_NAME),
      '😀'.repeat(2000),
    ];
    for (const known of [toPushedIdentity, toPushedServer]) {
      const all = long.map(known);
      expect(new Set(all).size).toBe(long.length);
      for (const text of all) {
        expect(text.length).toBeLessThanOrEqual(255);
        expect(Buffer.from(text).toString()).toBe(text);
      }
    }
    expect(toPushedIdentity('web.latency')).toBe('web.latency');
    expect(toPushedServer('web.latency')).toBe('web.latency');
  });

  it('is not what another, short name can be', () => {
    const identity = toPushedIdentity('n'.repeat(300));
    expect(toPushedIdentity(identity)).not.toBe(identity);
  });
});
