/**
 * How a monitored metric is written down outside the database: what export gives and import takes. Import also reads
 * the forms HTM-IT exported.
 */
import { z } from 'zod';
import { InvalidInputError, NotSupportedError } from '../../errors.ts';
import {
  BOUNDS_ORIGINS,
  DATASOURCES,
  type Datasource,
  MAX_NAME_LENGTH,
  type ModelParams,
  UNPRINTABLE,
  VALUE_KINDS,
} from '../../model.ts';
import { showValue } from '../../platform/bounded-input/show-value.ts';
import { wordIssue } from '../../platform/runtime/word-issue.ts';
import { isInYears, parseUtcTime } from '../../platform/runtime/utc-time.ts';
import { MAX_DEVIATION } from '../metrics/alert-policy.ts';
import { liftLegacySpec } from './legacy-spec.ts';

/** A sample of an export: its value, and its time as RFC 3339 in UTC. */
export type ExportedSample = readonly [value: number, timestamp: string];

export interface ModelSpec {
  readonly datasource: Datasource;
  readonly metricSpec: Record<string, unknown>;
  /** The autostack it is a metric of, named so that another server can make it; null for other metrics. */
  readonly stackSpec: StackSpec | null;
  readonly modelParams: ModelParams;
  readonly unit: string | null;
  readonly displayName: string | null;
  readonly policy: {
    readonly direction: 'BOTH' | 'ABOVE' | 'BELOW';
    readonly minDeviation: number;
    readonly minDeviationRatio: number;
  } | null;
  /** What people said of spans of the metric. */
  readonly labels: readonly ExportedLabel[];
  readonly data: readonly ExportedSample[];
}

/** As `updateMetric` takes them; what is blank says nothing. */
const optionalText = z
  .string()
  .max(MAX_NAME_LENGTH, `expected at most ${MAX_NAME_LENGTH} characters`)
  .refine((text) => !UNPRINTABLE.test(text), 'expected no control characters')
  .nullish()
  .transform((text) => (text == null || text.trim() === '' ? null : text));
const number = z.number();
const optionalNumber = number.nullish();

const STACK_SPEC = z.strictObject({
  name: z.string(),
  region: z.string(),
  resourceType: z.string().default('AWS::EC2::Instance'),
  filters: z.array(z.strictObject({ key: z.string(), values: z.array(z.string()) })),
  includeStopped: z
    .boolean()
    .nullish()
    .transform((includes) => includes ?? null),
});
type StackSpec = z.output<typeof STACK_SPEC>;

const MAX_LABELS = 1000;

const TIME_EXAMPLE = '2026-11-23T09:30:00Z';

/** Stops at the first that is none: zod alone would make an issue of each of a million. */
function checkSamples(items: readonly unknown[], context: z.RefinementCtx): void {
  const index = items.findIndex((item) => !isSample(item));
  if (index < 0) return;
  const message = `expected [value, time] such as [0.5, "${TIME_EXAMPLE}"], got ${showValue(items[index])}`;
  context.addIssue({ code: 'custom', path: [index], message });
}

function isSample(item: unknown): item is ExportedSample {
  if (!Array.isArray(item) || item.length !== 2) return false;
  const [value, timestamp] = item as readonly unknown[]; // just checked
  return typeof value === 'number' && Number.isFinite(value) && typeof timestamp === 'string';
}

/** Checked by then, all or none. */
function toSamples(items: readonly unknown[]): readonly ExportedSample[] {
  return items.filter(isSample);
}

const time = z.iso
  .datetime({ offset: true, error: 'expected a time' })
  .transform((text) => new Date(text))
  .refine(isInYears, 'expected a time of the years 1 to 9999');
const LABEL = z
  .strictObject({
    from: time,
    to: time,
    label: z.enum(['REAL', 'NORMAL']),
    note: z
      .string()
      .max(2000)
      .refine((text) => !text.includes('\0'), 'expected none of its characters to be zero')
      .nullish()
      .transform((text) => text ?? null),
    createdAt: time,
    /** Its most anomalous point; the samples it is imported with are not scored yet. */
    peak: z
      .strictObject({
        timestamp: time,
        deviation: number.min(-MAX_DEVIATION).max(MAX_DEVIATION),
        score: number.min(0).max(1),
      })
      .nullish()
      .transform((peak) =>
        peak == null
          ? null
          : { timestampMs: peak.timestamp.getTime(), deviation: peak.deviation, score: peak.score },
      ),
  })
  .refine(({ from, to }) => from <= to, 'expected a `to` no earlier than `from`');
type ExportedLabel = z.output<typeof LABEL>;

const SPEC = z.strictObject({
  datasource: z.string(),
  metricSpec: z.record(z.string(), z.unknown()),
  stackSpec: STACK_SPEC.nullish().transform((stack) => stack ?? null),
  modelParams: z
    .strictObject({
      min: optionalNumber,
      max: optionalNumber,
      minResolution: optionalNumber,
      timeZone: z.string({ error: 'expected the name of a time zone' }).optional(),
      boundsFrom: z.enum(BOUNDS_ORIGINS).optional(),
      valueKind: z.enum(VALUE_KINDS).optional(),
      excludedTimes: z.array(z.strictObject({ startMs: number, endMs: number })).optional(),
    })
    .nullish(),
  unit: optionalText,
  displayName: optionalText,
  policy: z
    .strictObject({
      direction: z.enum(['BOTH', 'ABOVE', 'BELOW']),
      minDeviation: number,
      minDeviationRatio: number,
    })
    .nullish()
    .transform((policy) => policy ?? null),
  labels: z
    .array(z.unknown())
    .max(MAX_LABELS, `expected at most ${MAX_LABELS}`)
    .pipe(z.array(LABEL))
    .default([]),
  data: z.array(z.unknown()).superRefine(checkSamples).transform(toSamples).default([]),
});

/**
 * Reads one exported model, in our form or HTM-IT's.
 * @throws InvalidInputError naming the field; NotSupportedError for a datasource nobody has heard of
 */
export function parseModelSpec(model: unknown): ModelSpec {
  if (typeof model !== 'object' || model === null || Array.isArray(model)) {
    throw new InvalidInputError('model: expected an object', ['models']);
  }
  const result = SPEC.safeParse(liftLegacySpec(model), { error: wordIssue });
  if (!result.success) {
    const [issue] = result.error.issues;
    const path = issue?.path.map(String) ?? [];
    if (path.length === 1 && path[0] === 'datasource' && !('datasource' in model)) throw refuseForeign(model);
    throw new InvalidInputError(`${path.join('.') || 'model'}: ${issue?.message ?? 'not readable'}`, [
      'models',
      ...path,
    ]);
  }
  const { data: spec } = result;
  const name = spec.datasource.toUpperCase();
  const datasource = DATASOURCES.find((known) => known === name);
  if (datasource === undefined) {
    throw new NotSupportedError(`datasource: there is none called ${JSON.stringify(spec.datasource)}`);
  }
  const { min, max, minResolution, timeZone, boundsFrom, valueKind, excludedTimes } = spec.modelParams ?? {};
  return {
    ...spec,
    datasource,
    modelParams: {
      ...(min == null ? {} : { min }),
      ...(max == null ? {} : { max }),
      ...(minResolution == null ? {} : { minResolution }),
      ...(timeZone === undefined ? {} : { timeZone }),
      ...(boundsFrom === undefined ? {} : { boundsFrom }),
      ...(valueKind === undefined ? {} : { valueKind }),
      ...(excludedTimes === undefined ? {} : { excludedTimes }),
    },
  };
}

/** What other programs export is JSON as well. */
function refuseForeign(model: object): InvalidInputError {
  const names = showValue(Object.keys(model));
  return new InvalidInputError(
    `datasource: expected a text, got nothing among ${names}. What is imported is what an export gave; samples of other programs are pushed`,
    ['models', 'datasource'],
  );
}

/** Milliseconds since 1970. HTM-IT wrote times of UTC without saying so. @throws InvalidInputError */
export function parseExportedTime(text: string, path: readonly string[]): number {
  const timestampMs = parseUtcTime(text);
  if (Number.isNaN(timestampMs)) {
    throw new InvalidInputError(
      `${path.slice(1).join('.')}: expected a time such as ${TIME_EXAMPLE}, got ${showValue(text.slice(0, 60))}`,
      path,
    );
  }
  return timestampMs;
}
