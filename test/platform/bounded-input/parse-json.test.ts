import { describe, expect, test } from 'vitest';
import { JsonShapeError, parseJson } from '../../../src/platform/bounded-input/parse-json.ts';
import { fc } from '../../helpers/property.ts';

const parse = (text: string) => parseJson(Buffer.from(text));
const times = (count: number, text: string) => text.repeat(count);

test('any JSON value is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(parse(text)).toEqual(JSON.parse(text));
    }),
  );
});

test('any text at all is refused with an error of a known kind, or read', () => {
  const pieces = fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', '1', '"a":', 'null', ' ');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const text = parts.join('');
      let ours: unknown;
      try {
        ours = parse(text);
      } catch (error) {
        expect(error instanceof SyntaxError || error instanceof JsonShapeError).toBe(true);
        return;
      }
      expect(ours).toEqual(JSON.parse(text));
    }),
  );
});

describe('is refused before it is parsed:', () => {
  test.each([
    ['five megabytes of brackets', times(5_000_000, '['), 'at most 64 levels'],
    ['a list 65 deep', `${times(65, '[')}${times(65, ']')}`, 'at most 64 levels'],
    ['objects 65 deep', `${times(65, '{"a":')}1${times(65, '}')}`, 'at most 64 levels'],
    ['a list of empty objects', `[${times(300_000, '{},')}{}]`, 'lists and objects'],
    ['a list of empty lists', `{"a":[${times(300_000, '[],')}[]]}`, 'lists and objects'],
    ['a name that comes twice', '{"query":"a","query":"b"}', '"query" twice'],
    ['a name that comes twice, once with an escape', '{"query":"a","qu\\u0065ry":"b"}', '"query" twice'],
    ['a variable that comes twice', '{"variables":{"a":[1],"b":2,"a":3}}', '"a" twice'],
    ['variables that come twice', '{"variables":{"__proto__":{"a":1}},"variables":{}}', '"variables" twice'],
    ['a name that comes twice with blanks behind it', '{"a" \n:1,"a"\t: 2}', '"a" twice'],
  ])('%s', (_what, text, message) => {
    expect(() => parse(text)).toThrow(JsonShapeError);
    expect(() => parse(text)).toThrow(message);
  });
});

test('data as dense as it comes is read: pairs, points, and small bodies of nothing but brackets', () => {
  const pairs = `[${times(5_000, '[1764331200,1],')}[]]`;
  const points = `[${times(1_000, '{"metric":"m","timestamp":"2026-01-01T00:00:00Z","value":1},')}{}]`;
  const brackets = `[${times(900, '{},')}{}]`;
  for (const text of [pairs, points, brackets]) expect(parse(text)).toEqual(JSON.parse(text));
});

test('a name may come again in another object, and as a value', () => {
  const text = '{"a":{"a":"a","b":["a","a"]},"b":{"a":{"a":1}}}';
  expect(parse(text)).toEqual(JSON.parse(text));
});

test('of a list of requests the variables of each are looked at, and no deeper', () => {
  const read = (text: string) => parseJson(Buffer.from(text), { isDeeper: true });
  expect(() => read('[{"a":1},{"variables":{"b":1,"b":2}}]')).toThrow('"b" twice');
  const other = '{"variables":{"input":{"b":1,"b":2}}}';
  expect(read(`[${other}]`)).toEqual([JSON.parse(other)]);
  expect(read(other)).toEqual(JSON.parse(other));
});

test('a member called __proto__ is a member like any other, and changes no prototype', () => {
  const parsed = parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
  expect(Object.keys(parsed as object)).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
  expect('polluted' in {}).toBe(false);
});

test('bytes that are no UTF-8 are refused', () => {
  expect(() => parseJson(Buffer.from([0x22, 0xe9, 0x22]))).toThrow(TypeError);
});
