/** What names an expression of PromQL that is monitored, and what monitoring it means. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { MAX_NAME_LENGTH } from '../../../model.ts';
import { cutText } from '../../../platform/bounded-input/storable-text.ts';
import { expressionText, nameText, parseSpec } from '../parse-spec.ts';
import { findResourceTag } from '../series-resource.ts';
import type { MetricDescription } from '../source.ts';
import { readPlainSelector } from './plain-selector.ts';

export const PROMETHEUS_NAMESPACE = 'Prometheus';
export const DEFAULT_PERIOD_SECONDS = 60;
const MAX_QUERY_LENGTH = 4000;
/** One server is read; its name in resources leaves room for others. */
const REGION = 'default';

const prometheusSpec = z.strictObject({
  query: expressionText('an expression of PromQL', MAX_QUERY_LENGTH),
  periodSeconds: z.int().min(1).max(86_400).default(DEFAULT_PERIOD_SECONDS),
  name: nameText.optional(),
  /** The thing it belongs to; a conventional label of the selector, else the name, when left out. */
  resource: nameText.optional(),
});

export type PrometheusSpec = z.output<typeof prometheusSpec>;

/** @throws InvalidInputError naming the field */
export function readPrometheusSpec(spec: unknown): PrometheusSpec {
  return parseSpec(prometheusSpec, spec, { name: 'prometheus', expected: '{ query }' });
}

/** @throws InvalidInputError naming the field */
export function describePrometheusMetric(spec: unknown): MetricDescription {
  const { query, periodSeconds, ...given } = readPrometheusSpec(spec);
  const selector = readPlainSelector(query);
  const labels = selector?.labels ?? new Map<string, string>();
  const shownName = given.name ?? shorten(selector?.name ?? query);
  const resourceLabel = given.resource === undefined ? findResourceTag(labels) : null;
  const labelled = resourceLabel === null ? undefined : labels.get(resourceLabel);
  const resourceId = shorten(given.resource ?? labelled ?? shownName);
  const tags = [...labels]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ key, value: cutText(value, MAX_NAME_LENGTH) }));
  return {
    identity: createHash('sha256')
      .update(JSON.stringify([query, periodSeconds]))
      .digest('hex'),
    name: shownName,
    description: query,
    unit: null,
    server: `${REGION}/${PROMETHEUS_NAMESPACE}/${resourceId}`,
    location: REGION,
    tagName: null,
    periodSeconds,
    modelParams: {},
    resource: {
      region: REGION,
      type: PROMETHEUS_NAMESPACE,
      namespace: PROMETHEUS_NAMESPACE,
      resourceId,
      name: null,
      state: null,
      tags: resourceLabel === null ? [] : [{ key: resourceLabel, value: resourceId }],
    },
    tags,
  };
}

/** On one line, as long as a name may be. */
function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= MAX_NAME_LENGTH ? line : `${cutText(line, MAX_NAME_LENGTH - 1)}…`;
}
