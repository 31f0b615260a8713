/** Metrics whose points are pushed to us. Nothing is polled; the source only says what a spec means. */
import { z } from 'zod';
import { InvalidInputError } from '../../errors.ts';
import { MAX_NAME_LENGTH, UNPRINTABLE } from '../../model.ts';
import { parseSpec } from './parse-spec.ts';
import { MAX_PUSHED_NAME, readSeriesTags, toPushedIdentity, toPushedServer } from './pushed-name.ts';
import { describePushedResource, findPushedResource } from './series-resource.ts';
import type { MetricDescription, Source } from './source.ts';

/** What senders are taken to report at when nobody says otherwise; models do not depend on it. */
const DEFAULT_PERIOD_SECONDS = 300;
const MAX_USER_INFO_LENGTH = 16_384;

const printable = (longest: number) =>
  z
    .string()
    .max(longest, `expected at most ${longest} characters`)
    .refine((text) => text.trim() !== '', 'expected a text, got an empty one')
    .refine((text) => !UNPRINTABLE.test(text), 'control characters are not allowed');

const customSpec = z.strictObject({
  name: printable(MAX_PUSHED_NAME).optional(),
  /** The name's older name, as exports of the predecessor have it. */
  metric: printable(MAX_PUSHED_NAME).optional(),
  resource: printable(MAX_NAME_LENGTH).nullish(),
  unit: z.string().max(MAX_NAME_LENGTH, `expected at most ${MAX_NAME_LENGTH} characters`).nullish(),
  /** Carried verbatim. */
  userInfo: z
    .record(z.string(), z.unknown())
    .refine(
      (info) => JSON.stringify(info).length <= MAX_USER_INFO_LENGTH,
      `expected at most ${MAX_USER_INFO_LENGTH} characters of JSON`,
    )
    .nullish(),
});

/** Holds nothing, so there is no more than one to make. */
export const customSource: Source = {
  datasource: 'CUSTOM',
  describe: describeCustomMetric,
  catalogue: () => [],
  polling: null,
};

function describeCustomMetric(spec: unknown): MetricDescription {
  const whole = { name: 'custom', expected: '{ name }' };
  const { unit, ...names } = parseSpec(customSpec, spec, whole);
  const name = names.name ?? names.metric;
  if (name === undefined) throw new InvalidInputError('name: expected the name of the metric', ['name']);
  if (names.metric !== undefined && names.metric !== name) {
    throw new InvalidInputError(
      `metric: expected the same as name (${JSON.stringify(name)}), got ${JSON.stringify(names.metric)}`,
      ['metric'],
    );
  }
  const resource = names.resource ?? findPushedResource(name);
  return {
    identity: toPushedIdentity(name),
    name,
    description: `Custom metric ${name}`,
    unit: unit ?? null,
    server: resource ?? toPushedServer(name),
    location: '',
    tagName: null,
    periodSeconds: DEFAULT_PERIOD_SECONDS,
    modelParams: {},
    resource: resource === null ? null : describePushedResource(resource),
    tags: Array.from(readSeriesTags(name), ([key, value]) => ({ key, value })),
  };
}
