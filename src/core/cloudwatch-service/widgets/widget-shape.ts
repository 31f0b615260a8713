/**
 * The MetricWidget of GetMetricWidgetImage: JSON of the form dashboards have.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Metric-Widget-Structure.html
 */
import { z } from 'zod';
import { CloudwatchError } from '../model/cloudwatch-error.ts';
import { listUnstorable, type UnstorableText } from '../../../platform/bounded-input/storable-text.ts';

const MAX_METRICS = 100;
const MAX_PIXELS = 2_000;
const MAX_TITLE = 1_000;

const color = z
  .string()
  .regex(/^#(?:[\da-f]{3}|[\da-f]{6})$/i, { message: 'Should be a hex color, as #1f77b4' });
const side = z.enum(['left', 'right']);
const text = z.string().max(MAX_TITLE);

const RENDERING = z.object({
  accountId: text.optional(),
  color: color.optional(),
  expression: z.string().optional(),
  id: z.string().optional(),
  label: text.optional(),
  period: z.int().optional(),
  region: text.optional(),
  stat: z.string().optional(),
  visible: z.boolean().optional(),
  yAxis: side.optional(),
});
export type Rendering = z.infer<typeof RENDERING>;

const HORIZONTAL = z.object({
  value: z.number(),
  label: text.optional(),
  color: color.optional(),
  fill: z.enum(['above', 'below', 'none']).optional(),
  visible: z.boolean().optional(),
  yAxis: side.optional(),
});
export type Horizontal = z.infer<typeof HORIZONTAL>;
const VERTICAL = z.object({
  value: text,
  label: text.optional(),
  color: color.optional(),
  fill: z.enum(['before', 'after', 'none']).optional(),
  visible: z.boolean().optional(),
});
export type Vertical = z.infer<typeof VERTICAL>;

/** An annotation alone, or the two edges of a shaded range. */
const orPair = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.tuple([schema, schema])]);

const AXIS = z.object({
  min: z.number().optional(),
  max: z.number().optional(),
  label: text.optional(),
  showUnits: z.boolean().optional(),
});

const WIDGET = z.object({
  metrics: z
    .array(z.array(z.union([z.string(), RENDERING])).min(1))
    .min(1)
    .max(MAX_METRICS)
    .optional(),
  annotations: z
    .object({
      horizontal: z.array(orPair(HORIZONTAL)).max(MAX_METRICS).optional(),
      vertical: z.array(orPair(VERTICAL)).max(MAX_METRICS).optional(),
      alarms: z.array(z.string()).max(1).optional(),
    })
    .optional(),
  start: text.optional(),
  end: text.optional(),
  width: z.int().min(1).max(MAX_PIXELS).optional(),
  height: z.int().min(1).max(MAX_PIXELS).optional(),
  legend: z.object({ position: z.enum(['bottom', 'right', 'hidden']).optional() }).optional(),
  period: z.int().optional(),
  stat: z.string().optional(),
  stacked: z.boolean().optional(),
  theme: z.enum(['light', 'dark']).optional(),
  timezone: text.optional(),
  title: text.optional(),
  view: z.enum(['timeSeries', 'singleValue', 'bar', 'pie']).optional(),
  yAxis: z.object({ left: AXIS.optional(), right: AXIS.optional() }).optional(),
});
export type Widget = z.infer<typeof WIDGET>;

/** @throws CloudwatchError that lists all that is wrong, each with its place, as PutDashboard does */
export function parseWidget(json: string): Widget {
  const parsed = WIDGET.safeParse(readJson(json), { reportInput: true });
  const problems: Problem[] = parsed.success
    ? listUnstorable(parsed.data).map(describeUnstorable)
    : parsed.error.issues.flatMap((issue) => describeIssue(issue));
  if (parsed.success && parsed.data.metrics === undefined && parsed.data.annotations?.alarms === undefined) {
    problems.push({ dataPath: '', message: "Should have required property 'metrics'" });
  }
  if (parsed.success && problems.length === 0) return parsed.data;
  const errors = problems.length === 1 ? 'is 1 validation error' : `are ${problems.length} validation errors`;
  const lines = problems.map((problem) => `  ${JSON.stringify(problem)}`);
  throw refuse(`The metric widget is invalid, there ${errors}:\n[\n${lines.join(',\n')}\n]`);
}

function readJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    const cause = error instanceof Error ? error.message : '';
    throw refuse(`The parameter MetricWidget must be valid JSON: ${cause.slice(0, 200)}`);
  }
}

export function refuse(message: string): CloudwatchError {
  return new CloudwatchError('ValidationError', message);
}

interface Problem {
  readonly dataPath: string;
  readonly message: string;
}

function describeUnstorable({ path }: UnstorableText): Problem {
  return { dataPath: writePath(path), message: 'Should not contain U+0000 or half of a surrogate pair' };
}

function writePath(parts: readonly PropertyKey[]): string {
  return parts.map((part) => `/${String(part)}`).join('');
}

function describeIssue(issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): Problem[] {
  const path = [...above, ...issue.path];
  const problem = (message: string) => [{ dataPath: writePath(path), message }];
  switch (issue.code) {
    case 'invalid_union': {
      // Of the forms something may have, the one it comes closest to says what is wrong with it.
      const [closest] = [...issue.errors].sort((a, b) => countDepth(b) - countDepth(a));
      return (closest ?? []).flatMap((inner) => describeIssue(inner, path));
    }
    case 'invalid_type':
      if (issue.input === undefined && path.length > 0) {
        const name = String(path.at(-1));
        return [
          { dataPath: writePath(path.slice(0, -1)), message: `Should have required property '${name}'` },
        ];
      }
      return problem(`Should be ${issue.expected === 'int' ? 'integer' : issue.expected}`);
    case 'too_big':
      return problem(describeBound(issue.origin, 'more', '<=', Number(issue.maximum)));
    case 'too_small':
      return problem(describeBound(issue.origin, 'fewer', '>=', Number(issue.minimum)));
    case 'invalid_value':
      return problem(`Should be equal to one of the allowed values: ${issue.values.map(String).join(', ')}`);
    default:
      return problem(issue.message);
  }
}

function countDepth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length));
}

function describeBound(origin: string, more: 'more' | 'fewer', sign: string, bound: number): string {
  if (origin === 'array' || origin === 'tuple') return `Should NOT have ${more} than ${bound} items`;
  return origin === 'string' ? `Should NOT be longer than ${bound} characters` : `Should be ${sign} ${bound}`;
}
