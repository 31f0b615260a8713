/** What a checked spec means: the metric's names, what is known of its values, and the resource it belongs to. */
import { createHash } from 'node:crypto';
import { InvalidInputError, NotSupportedError } from '../../../errors.ts';
import type { MetricDescription, SourceResource } from '../source.ts';
import type { CatalogueType } from './catalogue-row.ts';
import { CATALOGUE, DEFAULT_PERIOD_SECONDS, findInCatalogue } from './catalogue.ts';
import type { SeriesQuery } from './read-series.ts';
import { parseCloudwatchSpec, type CloudwatchSpec } from './spec.ts';

/** @throws InvalidInputError, NotSupportedError */
export function describeCloudwatchMetric(given: unknown): MetricDescription {
  const spec = parseCloudwatchSpec(given);
  const { region, namespace, metric, dimensions } = spec;
  checkSpelling(spec);
  checkPresence(spec);
  const found = findInCatalogue(namespace, metric, namesOf(spec));
  const max = found?.row?.max ?? null;
  const resource = found === null ? null : toResource(found.type, spec);
  // A metric without dimensions belongs to nothing but its namespace, and stands for itself.
  const values = dimensions.map(({ value }) => value);
  const id = resource?.resourceId ?? (values.length === 0 ? metric : values.join('/'));
  const query = toSeriesQuery(spec);
  return {
    identity: hashIdentity(spec, query),
    name: `${namespace}/${metric}`,
    description: `${metric} of ${found === null ? '' : `${found.type.noun} `}${id} in ${region}`,
    unit: found?.row?.unit ?? null,
    server: `${region}/${resource?.namespace ?? namespace}/${id}`,
    location: region,
    tagName: null,
    periodSeconds: query.periodSeconds,
    modelParams: max === null ? {} : { min: 0, max },
    resource,
    tags: dimensions.map(({ name, value }) => ({ key: name, value })),
  };
}

/** What has to be asked of CloudWatch for it. */
export function toSeriesQuery(spec: CloudwatchSpec): SeriesQuery {
  const { namespace, metric, dimensions } = spec;
  const row = findInCatalogue(namespace, metric, namesOf(spec))?.row;
  return {
    namespace,
    metric,
    dimensions,
    statistic: spec.statistic ?? row?.statistic ?? 'Average',
    periodSeconds: spec.periodSeconds ?? DEFAULT_PERIOD_SECONDS,
  };
}

function namesOf({ dimensions }: CloudwatchSpec): readonly string[] {
  return dimensions.map(({ name }) => name);
}

/** Two specs that mean the same series, read alike, have the same one. JSON cannot be read in two ways. */
function hashIdentity({ region }: CloudwatchSpec, query: SeriesQuery): string {
  const { namespace, metric, statistic, periodSeconds } = query;
  const pairs = query.dimensions.map(({ name, value }) => [name, value]);
  const text = JSON.stringify([region, namespace, metric, pairs, statistic, periodSeconds]);
  return createHash('sha256').update(text).digest('hex');
}

function toResource({ name, namespace, dimensions }: CatalogueType, spec: CloudwatchSpec): SourceResource {
  const values = dimensions.map(
    (wanted) => spec.dimensions.find((given) => given.name === wanted)?.value ?? '',
  );
  return {
    region: spec.region,
    type: name,
    namespace,
    resourceId: values.join('/'),
    name: null,
    state: null,
    tags: [],
  };
}

/**
 * CloudWatch answers a misspelt name with an empty series, for ever. What differs from a known name in nothing but
 * its letters' case is refused at once.
 */
function checkSpelling({ namespace, metric, dimensions }: CloudwatchSpec): void {
  if (namespace === 'Autostacks') {
    throw new NotSupportedError(
      'namespace: Autostacks are metrics of the source autostack, not of cloudwatch',
    );
  }
  const spaces = CATALOGUE.flatMap((type) => [
    type.namespace,
    ...type.metrics.map((row) => row.namespace ?? type.namespace),
  ]);
  check('namespace', namespace, spaces);
  const types = CATALOGUE.filter((type) => type.namespace === namespace);
  check(
    'metric',
    metric,
    types.flatMap((type) => type.metrics.map((row) => row.metric)),
  );
  for (const { name } of dimensions)
    check(
      'dimensions',
      name,
      types.flatMap((type) => type.dimensions),
    );
}

/** Metrics of instances and volumes name one; those of other services there may be of a whole account, too. */
function checkPresence({ namespace, metric, dimensions }: CloudwatchSpec): void {
  if (dimensions.length > 0) return;
  const type = CATALOGUE.filter(({ aggregatable }) => aggregatable).find((one) =>
    one.metrics.some((row) => row.metric === metric && (row.namespace ?? one.namespace) === namespace),
  );
  if (type === undefined) return;
  throw new InvalidInputError(
    `dimensions: at least one is required: ${namespace}/${metric} is by ${type.dimensions.join(' and ')}`,
    ['dimensions'],
  );
}

function check(field: string, given: string, known: readonly string[]): void {
  if (known.includes(given)) return;
  const meant = known.find((name) => name.toLowerCase() === given.toLowerCase());
  if (meant === undefined) return;
  throw new NotSupportedError(
    `${field}: there is no ${JSON.stringify(given)}; did you mean ${JSON.stringify(meant)}?`,
  );
}
