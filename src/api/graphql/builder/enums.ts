/** The words of src/model.ts as enums, each value with its meaning. */
import type { BarWindow } from '../../../core/bars/bar-window.ts';
import type { Direction } from '../../../generated/prisma/enums.ts';
import type { AnomalyClass, Datasource, MetricStatus, ValueKind, View } from '../../../model.ts';
import { builder } from './builder.ts';

export const DatasourceRef = builder.enumType('Datasource', {
  description: 'Where the points of a metric come from.',
  values: describeValues<Datasource>({
    CLOUDWATCH: 'A metric of Amazon CloudWatch.',
    AUTOSTACK: 'A metric over a group of resources chosen by their tags.',
    CUSTOM: 'Pushed to this server by others.',
    INFLUXDB: 'A series of an InfluxDB.',
    PROMETHEUS: 'An expression of PromQL, evaluated by a Prometheus.',
    HOST: 'The machine this server runs on.',
  }),
});

export const MetricStatusRef = builder.enumType('MetricStatus', {
  description: 'Where a metric is in its life.',
  values: describeValues<MetricStatus>({
    UNMONITORED: 'Known, its points are stored, nothing is scored.',
    ACTIVE: 'Its points are scored as they come.',
    CREATE_PENDING: 'Its model is being made.',
    ERROR: 'It cannot go on; `statusReason` says why, `retryMetric` tries again.',
    PENDING_DATA:
      'Monitored, but too few points are known yet to learn its range from: 288, or 30 that are a fortnight.',
  }),
});

export const AnomalyClassRef = builder.enumType('AnomalyClass', {
  description: 'How anomalous, in the colours of a traffic light.',
  values: describeValues<AnomalyClass>({
    NONE: 'Not scored, or scored 0.',
    GREEN: 'Normal.',
    YELLOW: 'A score from 0.9999 and below 0.99999: rare for this metric.',
    RED: 'A score of 0.99999 or more: so rare for this metric that it can open an incident.',
  }),
});

export const DirectionRef = builder.enumType('Direction', {
  description: 'Which side of the expected value matters.',
  values: describeValues<Direction>({
    BOTH: 'Above and below.',
    ABOVE: 'Only values above the expected one.',
    BELOW: 'Only values below the expected one.',
  }),
});

export const ValueKindRef = builder.enumType('ValueKind', {
  description: 'What the values of a metric are, and so what of them is scored.',
  values: describeValues<ValueKind>({
    GAUGE: 'Each is a value by itself, and is scored as it is.',
    COUNTER:
      'A sum that rises until its process restarts, such as requests served. How fast it rises is scored; a value below the one before is a restart, and no anomaly. Samples hold the sums as they were sent; `expected` and its range say where the sum was to be.',
  }),
});

const ASPECTS = describeValues<View>({
  LEVEL: 'Its value against the expected one.',
  TREND: 'The slope over the last hours.',
  TIME_OF_DAY: 'The value for this time of the day or week.',
  VOLATILITY: 'How much the values vary.',
  SILENCE: 'The series is flat where it never was.',
});

export const AnomalyAspectRef = builder.enumType('AnomalyAspect', {
  description: 'What about a point was anomalous.',
  values: ASPECTS,
});

/** The type of fields that are deprecated. */
export const ViewRef = builder.enumType('View', {
  description: 'As `AnomalyAspect`, by its former name.',
  values: ASPECTS,
});

export const BarWindowRef = builder.enumType('BarWindow', {
  description: 'A window of 24 bars.',
  values: describeValues<BarWindow>({
    HOURS: 'Two hours, five minutes a bar.',
    DAYS: 'A day, an hour a bar.',
    WEEKS: 'Eight days, eight hours a bar.',
  }),
});

export const SortOrderRef = builder.enumType('SortOrder', {
  description: 'In which order.',
  values: describeValues({ ASC: 'Oldest first.', DESC: 'Newest first.' }),
});

export const MetricOrderRef = builder.enumType('MetricOrder', {
  description: 'In which order metrics are listed.',
  values: describeValues({
    NAME: 'By name, A to Z.',
    ANOMALY:
      'The most anomalous in the window first: by the sum over its bars, in which a red outweighs any number of yellows, and a yellow any number of greens; what was scored while learning weighs next to nothing. Equals by name.',
    LAST_TIMESTAMP: 'Those with the newest sample first; those without any last.',
    CREATED: 'The youngest first.',
  }),
});

/** The values of an enum by their meanings. Name the type of the names where it has one, so that none is forgotten. */
export function describeValues<Name extends string>(
  meanings: Readonly<Record<Name, string>>,
): Record<Name, { value: Name; description: string }> {
  const values = Object.entries(meanings).map(([value, description]) => [value, { value, description }]);
  // The names are the keys: one value for each.
  return Object.fromEntries(values) as Record<Name, { value: Name; description: string }>;
}
