/** What metric math is evaluated in by its tests: given series, by the minute, and nothing beyond them. */
import { ComputedPoints } from '../../../../src/core/cloudwatch-service/math/computed-points.ts';
import { evaluateExpression, type MathScope } from '../../../../src/core/cloudwatch-service/math/evaluate.ts';
import { parseExpression } from '../../../../src/core/cloudwatch-service/math/parse.ts';
import {
  listSeries,
  type MathValue,
  type TimeSeries,
} from '../../../../src/core/cloudwatch-service/math/values.ts';

export const MINUTE_MS = 60_000;

/** A point a minute; null for a missing one. */
export type Values = readonly (number | null)[];

export function makeSeries(label: string, values: Values): TimeSeries {
  const points = values.flatMap((value, i) => (value === null ? [] : [[i * MINUTE_MS, value] as const]));
  return { label, periodSeconds: 60, points: new Map(points) };
}

const refuse = () => Promise.reject(new Error('not needed here'));

export function makeScope(
  given: Readonly<Record<string, Values>>,
  change: Partial<MathScope> = {},
): MathScope {
  const known = new Map(Object.entries(given).map(([id, values]) => [id, makeSeries(id, values)]));
  const { computed = new ComputedPoints(Infinity) } = change;
  const minutes = Math.max(1, ...Object.values(given).map(({ length }) => length));
  return {
    range: { startMs: 0, endMs: minutes * MINUTE_MS },
    periodSeconds: 60,
    resolve: (id) => {
      const series = known.get(id);
      return series === undefined ? refuse() : Promise.resolve({ kind: 'series', series });
    },
    metrics: (part) => {
      const list = [...known.values()].filter(({ label }) => label.includes(part));
      // They were read, not computed.
      return Promise.resolve(computed.pass({ kind: 'list', list }));
    },
    search: refuse,
    band: refuse,
    computed,
    ...change,
  };
}

export async function evaluateText(text: string, scope: MathScope): Promise<MathValue> {
  return await evaluateExpression(parseExpression(text), scope);
}

/** A number, the values of a series by the minute, or those of each series of a list. */
export async function readValue(
  text: string,
  given: Readonly<Record<string, Values>>,
  change: Partial<MathScope> = {},
): Promise<number | Values | readonly Values[]> {
  const scope = makeScope(given, change);
  const value = await evaluateText(text, scope);
  if (value.kind === 'number') return value.value;
  const minutes = (scope.range.endMs - scope.range.startMs) / MINUTE_MS;
  const all = listSeries(value).map(({ points }) =>
    Array.from({ length: minutes }, (_, i) => points.get(scope.range.startMs + i * MINUTE_MS) ?? null),
  );
  return value.kind === 'list' ? all : (all[0] ?? []);
}
