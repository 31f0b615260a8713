/**
 * The points of a data point of OpenTelemetry metrics, whichever encoding it came in.
 * https://opentelemetry.io/docs/specs/otel/metrics/data-model/
 *
 * A series is named by the metric, the attributes of the point, the scope, and those attributes of the resource that say
 * which thing it is: others (versions, process ids, paths) change from start to start, and each would make a series of its
 * own. A gauge or a sum is one series. Of a histogram the number of observations and their sum are kept, as `name.count` and
 * `name.sum`; where they are of an interval alone (delta), their mean too, as `name.mean`. A summary has its quantiles
 * beside, with the tag `quantile`. Pure: no clock, no I/O.
 */
import type { ValueKind } from '../../../model.ts';
import { writeSeriesName } from '../../sources/pushed-name.ts';

/** Attributes of a resource that become tags: https://opentelemetry.io/docs/specs/semconv/resource/ */
const IDENTIFYING: ReadonlySet<string> = new Set([
  'cloud.account.id',
  'cloud.region',
  'deployment.environment',
  'device.id',
  'service.instance.id',
  'service.namespace',
]);
/**
 * Names of things, whatever they are: of a service or a host, and those by which receivers of the Collector tell apart what
 * they measure (`k8s.deployment.name`, `rabbitmq.queue.name`, `postgresql.table.name`, `mysql.instance.endpoint`).
 */
const NAME = /[._]name$|\.instance\.endpoint$/;
/** Names of what runs there: an upgrade changes them, and most SDKs send them. */
const NAME_OF_SOFTWARE =
  /^(?:browser|container\.image|container\.runtime|device\.model|host\.image|net|os|process|telemetry|vcs|webengine)\./;
/** What is measured from outside; those that are scraped have a service.instance.id, too, which says the same. */
const ADDRESSES: ReadonlySet<string> = new Set(['server.address', 'server.port']);
const SCOPE_TAG = 'otel.scope.name';

export type Attributes = ReadonlyMap<string, string>;

/** AggregationTemporality: since the start, or since the point before. */
export type Temporality = 'cumulative' | 'delta' | 'unspecified';
export const TEMPORALITIES: readonly Temporality[] = ['unspecified', 'delta', 'cumulative'];

/** What all points of one metric have in common. */
export interface MetricHead {
  readonly name: string;
  readonly unit: string | null;
  readonly temporality: Temporality;
  /** Of a sum: whether it only rises. */
  readonly isMonotonic: boolean;
  readonly resource: Attributes;
  readonly scope: string;
}

/** Why a data point, or all those of a metric, were left out. */
type PointProblem =
  'too_long' | 'malformed' | 'not_utf8' | 'no_name' | 'no_data' | 'bad_attribute' | 'bad_time' | 'bad_value';

export interface BadPoint {
  readonly problem: PointProblem;
  /** What was expected. */
  readonly reason: string;
}

/** A data point as it was read; null for what it does not have. */
export interface DataPoint {
  readonly attributes: Attributes;
  /** Milliseconds since 1970; null when it was not given. */
  readonly timestampMs: number | null;
  /** Whether its flags say that there is no value: the series has ended. */
  readonly isEmpty: boolean;
  /** Of a gauge or a sum. */
  readonly value: number | null;
  /** Of a histogram or a summary. */
  readonly count: number | null;
  readonly sum: number | null;
  readonly quantiles: readonly (readonly [quantile: number, value: number])[];
}

interface NamedValue {
  readonly metric: string;
  readonly timestampMs: number;
  readonly value: number;
  readonly unit: string | null;
  readonly valueKind?: ValueKind;
}

/** What a data point gives: no points when it holds no number. */
export interface GoodPoint {
  readonly points: readonly NamedValue[];
  readonly skipped: 'no_recorded_value' | 'not_finite' | null;
}

export function nameSeries(head: MetricHead, point: DataPoint): GoodPoint | BadPoint {
  if (head.name === '') return { problem: 'no_name', reason: 'expected the name of the metric' };
  const { timestampMs } = point;
  if (timestampMs === null) {
    return { problem: 'bad_time', reason: `${show(head)}: expected timeUnixNano in nanoseconds since 1970` };
  }
  if (point.isEmpty) return { points: [], skipped: 'no_recorded_value' };
  const values = listValues(head, point);
  if (values.length === 0) return { problem: 'bad_value', reason: `${show(head)}: expected a value` };
  const finite = values.filter(({ value }) => Number.isFinite(value));
  const tags = collectTags(head, point);
  const isCounter = head.isMonotonic && head.temporality === 'cumulative';
  const points = finite.map(({ suffix, value, unit, quantile }): NamedValue => {
    const own = quantile === undefined ? tags : new Map([...tags, ['quantile', String(quantile)]]);
    const metric = writeSeriesName(head.name + suffix, own);
    return { metric, timestampMs, value, unit, ...(isCounter ? { valueKind: 'COUNTER' } : {}) };
  });
  return { points, skipped: points.length === 0 ? 'not_finite' : null };
}

interface Value {
  readonly suffix: string;
  readonly value: number;
  readonly unit: string | null;
  readonly quantile?: number;
}

function listValues(
  { unit, temporality }: MetricHead,
  { value, count, sum, quantiles }: DataPoint,
): readonly Value[] {
  const values: Value[] = [];
  if (value !== null) values.push({ suffix: '', value, unit });
  if (count !== null) values.push({ suffix: '.count', value: count, unit: null });
  if (sum !== null) values.push({ suffix: '.sum', value: sum, unit });
  if (temporality === 'delta' && sum !== null && count !== null && count > 0) {
    values.push({ suffix: '.mean', value: sum / count, unit });
  }
  for (const [quantile, of] of quantiles) values.push({ suffix: '', value: of, unit, quantile });
  return values;
}

/** An attribute of the point goes before one of the resource; an empty one is as good as none. */
function collectTags({ resource, scope }: MetricHead, { attributes }: DataPoint): Attributes {
  const tags = new Map<string, string>();
  const hasInstance = resource.has('service.instance.id');
  for (const [key, value] of resource) {
    if (isIdentifying(key) || (!hasInstance && ADDRESSES.has(key))) tags.set(key, value);
  }
  if (scope !== '') tags.set(SCOPE_TAG, scope);
  for (const [key, value] of attributes) tags.set(key, value);
  for (const [key, value] of tags) if (key === '' || value === '') tags.delete(key);
  return tags;
}

function isIdentifying(key: string): boolean {
  return IDENTIFYING.has(key) || (NAME.test(key) && !NAME_OF_SOFTWARE.test(key));
}

function show({ name }: MetricHead): string {
  return JSON.stringify(name.slice(0, 60));
}

/** @returns milliseconds since 1970; null for 0, which stands for no time */
export function readNanoseconds(nanoseconds: bigint): number | null {
  return nanoseconds === 0n ? null : Number(nanoseconds / 1_000_000n);
}
