/** Queries of Metrics Insights as somebody may write them: read as they were meant, or refused. */
import { describe, expect, it } from 'vitest';
import { MathSyntaxError } from '../../../../../src/core/cloudwatch-service/math/tokens.ts';
import {
  isInsights,
  parseInsights,
} from '../../../../../src/core/cloudwatch-service/metrics/insights/parse-insights.ts';
import { fc } from '../../../../helpers/property.ts';

const NAMES = ['host', 'AWS.AccountId', 'with space', 'it"s', 'back\\slash', 'select', 'a-b/c:d#e'];
const VALUES = ['x', 'y', "it's", 'a "b"', 'back\\slash', '', 'AND', 'é😀'];
type Labels = Readonly<Record<string, string | undefined>>;

const NAME = fc.tuple(fc.constantFrom(...NAMES), fc.boolean()).map(([name, isQuoted]) => {
  const isPlain = /^[\w.:#/-]+$/.test(name) && !isQuoted;
  return { name, text: isPlain ? name : `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}"` };
});
/** A quote within is written twice, or behind a backslash. */
const VALUE = fc.tuple(fc.constantFrom(...VALUES), fc.boolean()).map(([value, isTwice]) => {
  const text = value.replaceAll('\\', String.raw`\\`).replaceAll("'", isTwice ? "''" : String.raw`\'`);
  return { value, text: `'${text}'` };
});
const WORD = (word: string) => fc.constantFrom(word, word.toLowerCase());

interface Written {
  readonly text: string;
  readonly holds: (labels: Labels) => boolean;
}
const { or: WHERE } = fc.letrec<{ or: Written; condition: Written }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    fc
      .tuple(NAME, fc.constantFrom('=', '!=', ' = ', ' != '), VALUE)
      .map(([{ name, text }, sign, value]): Written => ({
        text: text + sign + value.text,
        // A metric without the label fits neither.
        holds: (labels) => {
          const found = labels[name];
          return found !== undefined && (found === value.value) === (sign.trim() === '=');
        },
      })),
    tie('or').map((inner): Written => ({ ...inner, text: `(${inner.text})` })),
  ),
  or: fc
    .tuple(
      fc.array(fc.array(tie('condition'), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 }),
      WORD('AND'),
      WORD('OR'),
    )
    .map(([groups, and, or]): Written => ({
      text: groups.map((group) => group.map(({ text }) => text).join(` ${and} `)).join(` ${or} `),
      holds: (labels) => groups.some((group) => group.every(({ holds }) => holds(labels))),
    })),
}));
const LABELS = fc
  .array(fc.option(fc.constantFrom(...VALUES), { nil: undefined }), {
    minLength: NAMES.length,
    maxLength: NAMES.length,
  })
  .map((values): Labels => Object.fromEntries(NAMES.map((name, i) => [name, values[i]])));

describe('A query', () => {
  it('lets through what its conditions do, and has every other part it was written with', () => {
    const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
    const order = fc.tuple(WORD('AVG'), fc.constantFrom('', ' ASC', ' desc'));
    const parts = fc.record({
      selected: WORD('SUM'),
      metric: NAME,
      namespace: NAME,
      labels: optional(fc.array(NAME, { minLength: 1, maxLength: 3 })),
      where: optional(WHERE),
      groupBy: optional(fc.array(NAME, { minLength: 1, maxLength: 2 })),
      order: optional(order),
      limit: optional(fc.integer({ min: 1, max: 9_999 })),
    });
    fc.assert(
      fc.property(parts, LABELS, (query, labels) => {
        const write = (names: readonly { text: string }[]) => names.map(({ text }) => text).join(', ');
        const text = [
          `SELECT ${query.selected}(${query.metric.text})`,
          query.labels === null
            ? `FROM ${query.namespace.text}`
            : `FROM SCHEMA(${write([query.namespace, ...query.labels])})`,
          ...(query.where === null ? [] : [`WHERE ${query.where.text}`]),
          ...(query.groupBy === null ? [] : [`GROUP BY ${write(query.groupBy)}`]),
          ...(query.order === null ? [] : [`ORDER BY ${query.order[0]}()${query.order[1]}`]),
          ...(query.limit === null ? [] : [`LIMIT ${query.limit}`]),
        ].join('\n');
        expect(isInsights(text)).toBe(true);
        const { where, ...read } = parseInsights(text);
        expect(read).toEqual({
          function: 'SUM',
          metricName: query.metric.name,
          namespace: query.namespace.name,
          labels: query.labels?.map(({ name }) => name) ?? null,
          groupBy: query.groupBy?.map(({ name }) => name) ?? [],
          orderBy: query.order === null ? null : { function: 'AVG', descending: query.order[1] === ' desc' },
          limit: query.limit,
        });
        expect(where((name) => labels[name])).toBe(query.where?.holds(labels) ?? true);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused, and nothing else happens, whatever follows SELECT', () => {
    const part = fc.constantFrom(
      'SUM',
      '(',
      ')',
      'a',
      'FROM',
      'SCHEMA',
      ',',
      'WHERE',
      '=',
      '!=',
      "'x'",
      '"',
      "'",
      '\\',
      'GROUP',
      'BY',
      'ORDER',
      'LIMIT',
      '5',
      'AND',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 14 }), (parts) => {
        try {
          parseInsights(`SELECT ${parts.join(' ')}`);
        } catch (error) {
          expect(error).toBeInstanceOf(MathSyntaxError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('may have brackets 32 deep', () => {
    const nest = (times: number) =>
      `SELECT SUM(a) FROM b WHERE ${'('.repeat(times)}c = 'd'${')'.repeat(times)}`;
    expect(parseInsights(nest(32)).where(() => 'd')).toBe(true);
    expect(() => parseInsights(nest(33))).toThrow('nested deeper than 32');
    expect(() => parseInsights(nest(900))).toThrow('nested deeper than 32');
  });
});
