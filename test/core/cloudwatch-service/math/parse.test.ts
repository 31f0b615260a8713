/** How expressions are read: what binds what, against JavaScript itself, and what is no expression at all. */
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { parseExpression, type Expression } from '../../../../src/core/cloudwatch-service/math/parse.ts';
import { MathSyntaxError } from '../../../../src/core/cloudwatch-service/math/tokens.ts';
import { fc } from '../../../helpers/property.ts';
import { readValue } from './math-scope.ts';

/** The expression with a bracket around each operation. */
function bracket(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value);
    case 'text':
      return JSON.stringify(expression.value);
    case 'reference':
      return expression.id;
    case 'keyword':
      return expression.word;
    case 'negate':
      return `(-${bracket(expression.operand)})`;
    case 'binary':
      return `(${bracket(expression.left)} ${expression.operator} ${bracket(expression.right)})`;
    case 'call':
      return `${expression.name}(${expression.args.map(bracket).join(', ')})`;
  }
}

const read = (text: string) => bracket(parseExpression(text));

/** Numbers, operators and brackets, with or without spaces, as somebody may write them. */
const ARITHMETIC = fc.letrec<{ any: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    fc.constantFrom('1', '2', '3', '0.5', '1e1', '25e-1', '7.'),
    tie('any').map((inner) => `(${inner})`),
    tie('any').map((inner) => `(-${inner})`),
  ),
  any: fc
    .array(fc.tuple(tie('atom'), fc.constantFrom('+', '-', '*', '/', '^', ' + ', ' - ')), {
      minLength: 1,
      maxLength: 5,
    })
    .map((parts) => parts.map(([atom, sign], i) => (i === 0 ? '' : sign) + atom).join('')),
})).any;

/** Null where it is no JavaScript. */
function runScript(script: string): unknown {
  try {
    return runInNewContext(script);
  } catch {
    return null;
  }
}

describe('Arithmetic', () => {
  it('is what JavaScript makes of it, whose operators bind as strongly', async () => {
    await fc.assert(
      fc.asyncProperty(ARITHMETIC, async (text) => {
        // Only digits, signs and brackets: what is generated above.
        const script = text.replaceAll('^', '**');
        const expected = runScript(script);
        if (expected === null) return; // of a minus before a power JavaScript makes nothing
        const found = await readValue(text, {});
        if (typeof expected === 'number' && Number.isFinite(expected)) expect(found).toBeCloseTo(expected, 6);
        else expect(found).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });
});

describe('An expression is read', () => {
  it.each([
    ['a - b - c', '((a - b) - c)'],
    ['a / b * c', '((a / b) * c)'],
    ['a ^ b ^ c', '(a ^ (b ^ c))'],
    ['-a ^ b', '(-(a ^ b))'],
    ['a ^ -b', '(a ^ (-b))'],
    ['-a * b', '((-a) * b)'],
    ['a - -b', '(a - (-b))'],
    ['--a', '(-(-a))'],
    ['a + b > c * d', '((a + b) > (c * d))'],
    ['a > b == c < d', '(((a > b) == c) < d)'],
    ['a > 1 AND b > 1 OR c != 0', '(((a > 1) AND (b > 1)) OR (c != 0))'],
    ['a OR b AND c', '(a OR (b AND c))'],
    ['a && b || c', '((a AND b) OR c)'],
    ['IF(a>b,a,b)', 'IF((a > b), a, b)'],
    ['avg([a,b])', 'AVG(LIST(a, b))'],
    ['METRICS()', 'METRICS()'],
    ['SUM([])', 'SUM(LIST())'],
    ['FILL(m1, REPEAT)', 'FILL(m1, REPEAT)'],
    [' \t\n a+b \n', '(a + b)'],
    ['m1Or2', 'm1Or2'],
    ['.5e-1', '0.05'],
    [`SEARCH('{A,b} c="d"', 'Sum')`, String.raw`SEARCH("{A,b} c=\"d\"", "Sum")`],
    [String.raw`SEARCH('it\'s', "a \"b\"")`, String.raw`SEARCH("it's", "a \"b\"")`],
    ['MIN("+")', 'MIN("+")'],
  ])('%s as %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  // The reader looks at what stands between quotes as a text only, whatever sign or word it spells.
  it.each([
    'm1 "+" m2',
    "m1 'AND' m2",
    'SUM([m1 "," m2])',
    'SUM("(" m1)',
    'SUM(m1 ")"',
    'SUM([m1"]")',
    'm1 "<=" 2',
    'm1 "',
    'm1 +',
    '+ m1',
    'm1 * / m2',
    '(m1',
    'm1)',
    'm1 = m2',
    'm1 ! m2',
    '1.2.3',
    '1e',
    '5m1',
    'm1 % 2',
    'm1;',
    'SUM(m1,)',
    '[m1, , m2]',
    'é',
    'm1 \u00A0+ "',
  ])('not at all: %s', (text) => {
    expect(() => parseExpression(text)).toThrow(MathSyntaxError);
  });

  it.each([
    ['1 +', 'it ends too early'],
    ['(1', 'expected ")" but found the end at character 2'],
    ['1 2', 'unexpected "2" at character 1'],
    ['SUM(1;2)', 'unexpected ";2)" at character 5'],
  ])('%j says where: %s', (text, message) => {
    expect(() => parseExpression(text)).toThrow(message);
  });

  it.each([
    ['brackets', '(', ')'],
    ['lists', '[', ']'],
    ['functions', 'ABS(', ')'],
    ['minus signs', '-', ''],
    ['powers', '2^', ''],
  ])('64 %s deep and no deeper, whatever the stack', (_what, open, close) => {
    const nest = (times: number) => `${open.repeat(times)}1${close.repeat(times)}`;
    expect(() => parseExpression(nest(64))).not.toThrow();
    expect(() => parseExpression(nest(65))).toThrow('nested deeper than 64');
    expect(() => parseExpression(nest(600))).toThrow('nested deeper than 64');
  });

  it('however long a sum is', () => {
    expect(read(`1${' + 1'.repeat(500)}`)).toMatch(/^\(+1 \+ 1\)/);
  });

  it('or refused, without any other failure', () => {
    const part = fc.constantFrom(
      'm1',
      '1',
      '+',
      '-',
      '(',
      ')',
      '[',
      ']',
      ',',
      '"',
      "'",
      '"+"',
      'SUM(',
      '^',
      ' ',
      '==',
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
        (text) => {
          try {
            // What was read is read the same when it is written with all of its brackets.
            const once = read(text).replaceAll('LIST(', 'list(');
            expect(read(once)).toBe(read(text));
          } catch (error) {
            expect(error).toBeInstanceOf(MathSyntaxError);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
