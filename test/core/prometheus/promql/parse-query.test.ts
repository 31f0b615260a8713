/** What a query is read as: expected values from Prometheus' documentation of its operators and modifiers. */
import { describe, expect, it } from 'vitest';
import type { Expression } from '../../../../src/core/prometheus/promql/expression.ts';
import { parseQuery } from '../../../../src/core/prometheus/promql/parse-query.ts';
import { PromqlError } from '../../../../src/core/prometheus/promql/promql-error.ts';
import { fc } from '../../../helpers/property.ts';

/** With every operation in parentheses, offsets and ranges where they belong. */
function write(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value);
    case 'string':
      return JSON.stringify(expression.value);
    case 'time':
      return 'time()';
    case 'selector': {
      const { matchers, rangeMs, offsetMs } = expression;
      const name = matchers.map(({ value }) => value).join(',');
      const range = rangeMs === null ? '' : `[${rangeMs / 1000}]`;
      return `${name}${range}${offsetMs === 0 ? '' : `~${offsetMs / 1000}`}`;
    }
    case 'negate':
      return `-(${write(expression.operand)})`;
    case 'binary':
      return `(${write(expression.left)} ${expression.operator} ${write(expression.right)})`;
    case 'timestamp':
      return `timestamp(${write(expression.operand)})`;
    case 'countValues':
      return `count_values(${write(expression.operand)})`;
    case 'aggregate':
      return `${expression.operator}(${write(expression.operand)})`;
    case 'range':
      return `${expression.name}(${write(expression.selector)})`;
    case 'map':
      return `${expression.name}(${write(expression.operand)})`;
    case 'histogram':
      return `histogram_quantile(${write(expression.quantile)}, ${write(expression.operand)})`;
    case 'subquery':
      return `${write(expression.operand)}[${expression.rangeMs / 1000}:${expression.stepMs / 1000}]`;
    case 'labels':
    case 'absent':
    case 'sort':
    case 'vector':
    case 'scalar':
      return `${expression.kind}(${write(expression.operand)})`;
  }
}

const read = (query: string) => write(parseQuery(query));

// https://prometheus.io/docs/prometheus/latest/querying/operators/#binary-operator-precedence
describe('operators bind', () => {
  it.each([
    ['a + b * c', '(a + (b * c))'],
    ['a * b + c', '((a * b) + c)'],
    ['a ^ b ^ c', '(a ^ (b ^ c))'],
    ['a - b - c', '((a - b) - c)'],
    ['a * b % c / d', '(((a * b) % c) / d)'],
    ['a == b + 1', '(a == (b + 1))'],
    ['a and b or c and d', '((a and b) or (c and d))'],
    ['a or b unless c', '(a or (b unless c))'],
    ['a > b and c < d', '((a > b) and (c < d))'],
    ['-a ^ 2', '-((a ^ 2))'],
    ['-a * b', '(-(a) * b)'],
    ['-1 ^ 2', '-((1 ^ 2))'],
    ['2 ^ -1 ^ 2', '(2 ^ -((1 ^ 2)))'],
    ['1--1', '(1 - -1)'],
    ['1 -1', '(1 - 1)'],
    ['a AND ON(x) b', '(a and b)'],
    ['SUM BY (x) (a)', 'sum(a)'],
  ])('%s as %s', (query, expected) => {
    expect(read(query)).toBe(expected);
  });
});

// https://prometheus.io/docs/prometheus/latest/querying/basics/#offset-modifier: it follows the selector immediately.
describe('an offset is of the selector before it', () => {
  it.each([
    ['a offset 5m', 'a~300'],
    ['a - a offset 1w', '(a - a~604800)'],
    ['a offset 1m - b offset 2m', '(a~60 - b~120)'],
    ['a > b offset 1m + 5', '(a > (b~60 + 5))'],
    ['a > b * c offset 1m + 5', '(a > ((b * c~60) + 5))'],
    ['a ^ b offset 1m ^ c offset 2m', '(a ^ (b~60 ^ c~120))'],
    ['a offset 1m * b + c offset 2m / d', '((a~60 * b) + (c~120 / d))'],
    ['-a offset 5m', '-(a~300)'],
    ['1 - -a offset -5m', '(1 - -(a~-300))'],
    ['-a ^ b offset 1m', '-((a ^ b~60))'],
    ['a + on (x) b offset 1m', '(a + b~60)'],
    ['a > bool b offset 1m', '(a > b~60)'],
    ['a or b offset 1m or c', '((a or b~60) or c)'],
    ['sum(a - b offset 1m) / sum(b offset 1m)', '(sum((a - b~60)) / sum(b~60))'],
    ['abs(a - b offset 1m) offset', null],
    [
      'max_over_time(a[5m]) - max_over_time(a[5m] offset 1h)',
      '(max_over_time(a[300]) - max_over_time(a[300]~3600))',
    ],
    ['a - b{x="y offset 1h - c"} offset 1m # offset 2m', '(a - b,y offset 1h - c~60)'],
    ['sum(a) offset 1m', null],
    ['a - (b) offset 1m', null],
    ['a - b offset 1m offset 2m', null],
    ['1 - 1 offset 1m', null],
  ])('%s is %s', (query, expected) => {
    if (expected === null) expect(() => parseQuery(query)).toThrow(PromqlError);
    else expect(read(query)).toBe(expected);
  });

  it('wherever it stands: as if it were in parentheses with it', () => {
    const leaf = fc
      .record({
        name: fc.constantFrom('a', 'b', 'c'),
        offset: fc.constantFrom('', ' offset 5m', ' offset -1h'),
      })
      .map(({ name, offset }) => [`${name}${offset}`, `(${name}${offset})`] as const);
    const signed = fc.tuple(fc.constantFrom('', '-', '+'), leaf);
    const operator = fc.constantFrom(
      '+',
      '-',
      '*',
      '/',
      '%',
      '^',
      '>',
      '== bool',
      'and',
      'or',
      'unless on (x)',
    );
    fc.assert(
      fc.property(signed, fc.array(fc.tuple(operator, signed), { maxLength: 8 }), (first, rest) => {
        const join = (form: 0 | 1) =>
          [
            first[0] + first[1][form],
            ...rest.map(([by, [sign, operand]]) => `${by} ${sign}${operand[form]}`),
          ].join(' ');
        expect(read(join(0))).toBe(read(join(1)));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a - b offset 1m + ', /^1:19: parse error: unexpected end of input/],
    ['a - b offset 1m > sum(1)', /^1:23: parse error: expected type instant vector in sum, got scalar/],
    ['a -\n b offset 1m > sum(1)', /^2:20: /],
  ])('%j is refused at its place', (query, message) => {
    expect(() => parseQuery(query)).toThrow(message);
  });

  it('of a thousand of them costs little', () => {
    const query = Array.from({ length: 1000 }, () => 'a offset 5m').join('+');
    expect(() => read(query)).toThrow(/levels/);
    const flat = Array.from({ length: 40 }, () => 'a offset 5m').join(' + ');
    expect(read(flat)).toContain('a~300) + a~300)');
  });
});
