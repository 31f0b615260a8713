import { describe, expect, it } from 'vitest';
import { fc } from '../../../helpers/property.ts';
import {
  parseDuration,
  parseNumber,
  parseText,
} from '../../../../src/core/prometheus/promql/parse-literal.ts';

describe('a duration', () => {
  it.each([
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1m0s', 60_000],
    ['1y2w3d4h5m6s7ms', (365 + 14 + 3) * 86_400_000 + 4 * 3_600_000 + 5 * 60_000 + 6007],
    ['-5m', -300_000],
    ['15', 15_000],
    ['0.25', 250],
    ['1e3', 1_000_000],
    ['0', 0],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '-', '5x', '1m1h', 'm', '1.5m', '1000y', '1e99', 'NaN', 'Inf', '.', '1h 5m'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );
});

describe('a number', () => {
  it.each([
    ['1', 1],
    ['.5', 0.5],
    ['1.', 1],
    ['1_000', 1000],
    ['1e-3', 0.001],
    ['0xff', 255],
    // As Go reads integers.
    ['0755', 493],
    ['00', 0],
    ['09', 9],
    ['07.5', 7.5],
    ['Inf', Infinity],
    ['-inf', -Infinity],
    ['NaN', NaN],
    ['1m', 60],
  ])('%s is %d', (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });

  it.each(['', 'e5', '.', '0xg', '1__0', 'one'])('%j is none', (text) => {
    expect(parseNumber(text)).toBeNull();
  });
});

describe('a text', () => {
  it.each([
    [String.raw`"a\\b\"\n\t"`, 'a\\b"\n\t'],
    [String.raw`'it\'s'`, "it's"],
    [String.raw`"\x41\101\u0042\U0001F600"`, 'AAB😀'],
    ['`a\\b`', 'a\\b'],
    ['""', ''],
  ])('%s is read', (literal, text) => {
    expect(parseText(literal)).toBe(text);
  });

  // https://go.dev/ref/spec#Rune_literals: halves of surrogate pairs and octal values above 255 are illegal.
  it.each([
    String.raw`"\d"`,
    String.raw`"\x4"`,
    String.raw`"\U00110000"`,
    String.raw`"\ud800"`,
    String.raw`"\uDFFF"`,
    String.raw`"\U0000DFFF"`,
    String.raw`"\400"`,
    String.raw`"\18"`,
  ])('%s is none', (literal) => {
    expect(parseText(literal)).toBeNull();
  });

  it('is what JSON reads of it, where both have the same escapes', () => {
    const unit = fc.constantFrom('a', '"', '\\', '\n', '\t', '\b', '\f', '\r', 'é', '😀', '\u0001');
    fc.assert(
      fc.property(
        fc.array(unit).map((parts) => parts.join('')),
        (text) => {
          expect(parseText(JSON.stringify(text))).toBe(text);
        },
      ),
    );
  });
});
