/** The input that names a series of InfluxDB. */
import { InvalidInputError } from '../../../errors.ts';
import { builder } from '../builder/builder.ts';
import { withoutNulls } from '../builder/field-options.ts';

const InfluxdbAggregateRef = builder.enumType('InfluxdbAggregate', {
  description: 'How the points of one period become one value.',
  values: {
    MEAN: { value: 'mean', description: 'Their average.' },
    SUM: { value: 'sum', description: 'Their sum.' },
    MIN: { value: 'min', description: 'The smallest.' },
    MAX: { value: 'max', description: 'The largest.' },
    LAST: { value: 'last', description: 'The newest.' },
    COUNT: { value: 'count', description: 'How many there are.' },
  },
});

const InfluxdbTagInputRef = builder.inputType('InfluxdbTagInput', {
  description: 'A tag points must have.',
  fields: (t) => ({
    key: t.string({ required: true, description: 'Its name.' }),
    value: t.string({ required: true, description: 'Its value.' }),
  }),
});

export const InfluxdbMetricSpecRef = builder.inputType('InfluxdbMetricSpec', {
  description: 'A series of the InfluxDB at LAPWING_INFLUXDB_URL.',
  fields: (t) => ({
    bucket: t.string({ required: true, description: 'The bucket it is in.' }),
    measurement: t.string({ required: true, description: 'Its measurement.' }),
    field: t.string({ required: true, description: 'Its field; of numbers.' }),
    tags: t.field({
      type: [InfluxdbTagInputRef],
      description: 'Tags its points must have. What other tags they have is aggregated over.',
    }),
    aggregate: t.field({
      type: InfluxdbAggregateRef,
      description: 'How the points of a period become one value; MEAN when left out.',
    }),
    periodSeconds: t.int({ description: 'Time between two samples, 1 to 86400; 60 when left out.' }),
    resourceTag: t.string({
      description: 'The tag whose value is the resource it belongs to; the measurement is when left out.',
    }),
  }),
});

/**
 * The spec as the source wants it: nothing that is null, tags by their keys.
 * @param at where it stands in the input
 * @throws InvalidInputError for a tag that is given twice
 */
export function readInfluxdbSpec(
  { tags, ...rest }: typeof InfluxdbMetricSpecRef.$inferInput,
  at: readonly string[],
): unknown {
  const given = withoutNulls(rest);
  if (tags == null) return given;
  const byKey = new Map(tags.map(({ key, value }) => [key, value]));
  if (byKey.size < tags.length) {
    throw new InvalidInputError('tags: expected each tag once', [...at, 'tags']);
  }
  return { ...given, tags: Object.fromEntries(byKey) };
}
