/** What names an expression of CloudWatch's metric math that is monitored, and what monitoring it means. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InvalidInputError } from '../../../../errors.ts';
import { MAX_NAME_LENGTH } from '../../../../model.ts';
import { cutText } from '../../../../platform/bounded-input/storable-text.ts';
import { expressionText, nameText, parseSpec } from '../../parse-spec.ts';
import type { MetricDescription } from '../../source.ts';
import { DEFAULT_PERIOD_SECONDS, findInCatalogue } from '../catalogue.ts';
import type { SeriesQuery } from '../read-series.ts';
import { checkRegion, cloudwatchName, dimensionList, periodLength, statisticName } from '../spec.ts';

/** A namespace of our own, for the resource: AWS has none for expressions. */
const NAMESPACE = 'CloudWatchMath';
/** CloudWatch's own limit of an expression. */
const MAX_EXPRESSION_LENGTH = 2048;
const MAX_METRICS = 100;
/** What the expression itself is called in the question. */
export const RESULT_ID = 'lapwing_result';

const mathSpec = z.strictObject({
  region: z.string({ error: 'expected a region such as us-east-1' }),
  expression: expressionText('an expression', MAX_EXPRESSION_LENGTH),
  metrics: z
    .array(
      z.strictObject({
        id: z
          .string()
          .max(255)
          .regex(/^[a-z][a-zA-Z0-9_]*$/, 'expected a lowercase letter, then letters, digits and underscores')
          .refine((id) => id !== RESULT_ID, 'expected another id: this one is taken'),
        namespace: cloudwatchName,
        metric: cloudwatchName,
        dimensions: dimensionList.max(30).default([]),
        statistic: statisticName.optional(),
      }),
    )
    .max(MAX_METRICS)
    .default([]),
  periodSeconds: periodLength.default(DEFAULT_PERIOD_SECONDS),
  name: nameText.optional(),
  /** The thing it belongs to; the name when left out. */
  resource: nameText.optional(),
});

export type MathSpec = z.output<typeof mathSpec>;

/** Metrics and expressions are of one source: what has an expression is one. */
export function isMathSpec(spec: unknown): boolean {
  return typeof spec === 'object' && spec !== null && Object.hasOwn(spec, 'expression');
}

/** @throws InvalidInputError naming the field */
export function parseMathSpec(spec: unknown): MathSpec {
  const whole = { name: 'cloudwatchMath', expected: '{ region, expression, metrics }' };
  const parsed = parseSpec(mathSpec, spec, whole);
  checkRegion(parsed.region);
  const seen = new Set<string>();
  for (const [index, { id }] of parsed.metrics.entries()) {
    if (seen.has(id)) {
      const path = ['metrics', String(index), 'id'];
      throw new InvalidInputError(`${path.join('.')}: ${JSON.stringify(id)} is given twice`, path);
    }
    seen.add(id);
  }
  return parsed;
}

/** @throws InvalidInputError naming the field */
export function describeMathMetric(given: unknown): MetricDescription {
  const spec = parseMathSpec(given);
  const { region, expression, periodSeconds } = spec;
  const name = spec.name ?? shorten(expression);
  return {
    identity: hashIdentity(spec),
    name,
    description: expression,
    unit: null,
    server: `${region}/${NAMESPACE}/${spec.resource ?? name}`,
    location: region,
    tagName: null,
    periodSeconds,
    modelParams: {},
    resource: null,
  };
}

/** What has to be asked of CloudWatch for one of its metrics. */
export function toInputQuery(
  { namespace, metric, dimensions, statistic }: MathSpec['metrics'][number],
  periodSeconds: number,
): SeriesQuery {
  const names = dimensions.map((dimension) => dimension.name);
  const known = findInCatalogue(namespace, metric, names)?.row?.statistic;
  return { namespace, metric, dimensions, statistic: statistic ?? known ?? 'Average', periodSeconds };
}

/** Names say nothing of the values; neither does the order of metrics or of their dimensions. */
function hashIdentity({ region, expression, metrics, periodSeconds }: MathSpec): string {
  const inputs = metrics
    .map((input) => {
      const { namespace, metric, dimensions, statistic } = toInputQuery(input, periodSeconds);
      const pairs = dimensions.map(({ name, value }) => [name, value]);
      return [input.id, namespace, metric, statistic, pairs.toSorted(compareFirst)] as const;
    })
    .toSorted(compareFirst);
  const text = JSON.stringify(['math', region, expression, inputs, periodSeconds]);
  return createHash('sha256').update(text).digest('hex');
}

function compareFirst([a = '']: readonly unknown[], [b = '']: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1;
}

/** On one line, as long as a name may be. */
function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= MAX_NAME_LENGTH ? line : `${cutText(line, MAX_NAME_LENGTH - 1)}…`;
}
