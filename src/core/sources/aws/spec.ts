/** A CloudWatch metric's spec: which series, in which region, read how. */
import { z } from 'zod';
import { InvalidInputError } from '../../../errors.ts';
import { parseSpec } from '../parse-spec.ts';
import { REGIONS } from './regions.ts';

export interface Dimension {
  readonly name: string;
  readonly value: string;
}

/** A checked spec. Dimensions are sorted by name. */
export interface CloudwatchSpec {
  readonly region: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: readonly Dimension[];
  /** Null for the catalogue's, or Average. */
  readonly statistic: string | null;
  /** Null for the default of five minutes. */
  readonly periodSeconds: number | null;
}

const MAX_DIMENSIONS = 30;
const MAX_NAME_LENGTH = 255;
const MAX_VALUE_LENGTH = 1024;
const MAX_SECONDS = 86_400;
/** Of high resolution; any other is a multiple of a minute. */
const SHORT_PERIODS_SECONDS: readonly number[] = [1, 5, 10, 20, 30];
const PERCENT = String.raw`(?:100|\d{1,2}(?:\.\d{1,10})?)`;
const NUMBER = String.raw`\d+(?:\.\d{1,10})?`;
/** As CloudWatch's user guide has them, bounds with at least one end: p99.9, tm90, TM(10%:90%), TC(0.005:0.03), PR(:300). */
const STATISTIC = new RegExp(
  `^(?:${[
    'Average|Sum|Minimum|Maximum|SampleCount|IQM',
    `(?:p|tm|wm|tc|ts)${PERCENT}`,
    String.raw`(?:TM|WM|TC|TS)\((?!:\))(?:${PERCENT}%)?:(?:${PERCENT}%)?\)`,
    String.raw`(?:TM|WM|TC|TS|PR)\((?!:\))(?:${NUMBER})?:(?:${NUMBER})?\)`,
  ].join('|')})$`,
);

/** CloudWatch's alphabet: printable ASCII. */
const asciiText = (longest: number) =>
  z
    .string({ error: 'expected a text' })
    .min(1, 'expected a text, got an empty one')
    .max(longest, `expected at most ${longest} characters`)
    .regex(/^[\x20-\x7e]*$/, 'expected printable ASCII')
    .refine((text) => text.trim() !== '', 'expected more than blanks');
export const cloudwatchName = asciiText(MAX_NAME_LENGTH).refine(
  (text) => !text.startsWith(':'),
  'may not start with a colon',
);

const name = cloudwatchName;
export const dimensionList = z.array(z.strictObject({ name, value: asciiText(MAX_VALUE_LENGTH) }));
/** { InstanceId: "i-1" }, as exports of the predecessor have it. */
const dimensionMap = z
  .record(name, asciiText(MAX_VALUE_LENGTH))
  .transform((map) => Object.entries(map).map(([key, value]) => ({ name: key, value })));

export const statisticName = z
  .string()
  .regex(
    STATISTIC,
    'expected Average, Sum, Minimum, Maximum, SampleCount, a percentile such as p99, or another statistic of CloudWatch such as TM(10%:90%)',
  );
export const periodLength = z
  .number()
  .int('expected a whole number')
  .positive('expected more than 0')
  .max(MAX_SECONDS, `expected at most ${MAX_SECONDS}`)
  .refine(
    (seconds) => SHORT_PERIODS_SECONDS.includes(seconds) || seconds % 60 === 0,
    'expected 1, 5, 10, 20, 30 or a multiple of 60',
  );

const SPEC = z.strictObject({
  region: z.string({ error: 'expected a region such as us-east-1' }),
  namespace: name,
  metric: name,
  dimensions: z.union([dimensionList, dimensionMap], { error: 'expected a list of { name, value }' }),
  statistic: statisticName.nullish(),
  periodSeconds: periodLength.nullish(),
});

const WHOLE = { name: 'cloudwatch', expected: '{ region, namespace, metric, dimensions }' };

/** @throws InvalidInputError naming the field */
export function parseCloudwatchSpec(spec: unknown): CloudwatchSpec {
  const parsed = parseSpec(SPEC, spec, WHOLE);
  const { region, namespace, metric, dimensions, statistic, periodSeconds } = parsed;
  checkRegion(region);
  checkDimensions(namespace, dimensions);
  return {
    region,
    namespace,
    metric,
    dimensions: dimensions.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    statistic: statistic ?? null,
    periodSeconds: periodSeconds ?? null,
  };
}

/** @throws InvalidInputError for a region AWS does not have */
export function checkRegion(region: string, path: readonly string[] = ['region']): void {
  if (Object.hasOwn(REGIONS, region)) return;
  throw new InvalidInputError(
    `${path.join('.')}: AWS has no region ${JSON.stringify(region.slice(0, 60))}; \`regions\` lists them`,
    path,
  );
}

/** There may be none: services of AWS have metrics of a whole account, as AWS/Lambda's ConcurrentExecutions. */
function checkDimensions(namespace: string, dimensions: readonly Dimension[]): void {
  const path = ['dimensions'];
  if (dimensions.length > MAX_DIMENSIONS) {
    throw new InvalidInputError(
      `dimensions: expected at most ${MAX_DIMENSIONS}, got ${dimensions.length}`,
      path,
    );
  }
  const seen = new Set<string>();
  for (const dimension of dimensions) {
    if (seen.has(dimension.name)) {
      throw new InvalidInputError(`dimensions: ${JSON.stringify(dimension.name)} is given twice`, path);
    }
    seen.add(dimension.name);
    checkId(namespace, dimension);
  }
}

/**
 * Ids EC2 itself makes have a form; a typing mistake is refused at once instead of giving an empty series. Other
 * namespaces have dimensions of these names for ids of their own, as AWS/FSx and AWS/Connect.
 */
const ID_FORMS: Readonly<Record<string, RegExp>> = {
  'AWS/EC2 InstanceId': /^i-[0-9a-f]{3,17}$/,
  'AWS/EBS InstanceId': /^i-[0-9a-f]{3,17}$/,
  'AWS/EBS VolumeId': /^vol-[0-9a-f]{3,17}$/,
};

function checkId(namespace: string, { name: dimension, value }: Dimension): void {
  const key = `${namespace} ${dimension}`;
  const form = Object.hasOwn(ID_FORMS, key) ? ID_FORMS[key] : undefined;
  if (form === undefined || form.test(value)) return;
  throw new InvalidInputError(
    `dimensions.${dimension}: ${JSON.stringify(value.slice(0, 60))} is not an id of that kind`,
    ['dimensions', dimension],
  );
}
