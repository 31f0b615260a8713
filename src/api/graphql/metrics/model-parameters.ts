/** ModelParameters: what a model knows of its metric beforehand. */
import type { ModelParams, TimeSpan } from '../../../model.ts';
import { builder } from '../builder/builder.ts';
import { timeOf } from '../builder/field-options.ts';
import { ValueKindRef, describeValues } from '../builder/enums.ts';

const ORIGINS = { SOURCE: 'SOURCE', LEARNED: 'LEARNED', GIVEN: 'GIVEN' } as const;

const BoundsOriginRef = builder.enumType('BoundsOrigin', {
  description: 'Where the expected bounds of a metric come from.',
  values: describeValues({
    GIVEN: 'A person gave them: changes that are small beside them do not matter.',
    SOURCE: 'The catalogue of its source: shown, and kept from the detector.',
    LEARNED: 'The first samples: shown, and kept from the detector.',
  }),
});

const TimeSpanRef = builder.objectRef<TimeSpan>('TimeSpan').implement({
  description: 'A span of time.',
  fields: (t) => ({
    from: t.field(timeOf('startMs', 'Its first moment.')),
    to: t.field(timeOf('endMs', 'The first moment after it.')),
  }),
});

export const ModelParametersRef = builder.objectRef<ModelParams>('ModelParameters').implement({
  description: 'What a model knows of its metric beforehand.',
  fields: (t) => ({
    min: t.float({
      nullable: true,
      description: 'Lowest value to expect; null while it is not known.',
      resolve: ({ min }) => min ?? null,
    }),
    max: t.float({
      nullable: true,
      description: 'Highest value to expect; null while it is not known.',
      resolve: ({ max }) => max ?? null,
    }),
    boundsFrom: t.field({
      type: BoundsOriginRef,
      nullable: true,
      description: 'Where min and max come from; null without them.',
      resolve: ({ min, boundsFrom }) => (min === undefined ? null : (boundsFrom ?? ORIGINS.GIVEN)),
    }),
    minResolution: t.float({
      nullable: true,
      description: 'Differences smaller than this do not matter; null where all may.',
      resolve: ({ minResolution }) => minResolution ?? null,
    }),
    timeZone: t.string({
      description: 'IANA name of the zone whose clock the metric follows.',
      resolve: ({ timeZone }) => timeZone ?? 'UTC',
    }),
    excludedTimes: t.field({
      type: [TimeSpanRef],
      description: 'Times it learns nothing from, in order; what overlapped is one.',
      resolve: ({ excludedTimes }) => excludedTimes ?? [],
    }),
    valueKind: t.field({
      type: ValueKindRef,
      nullable: true,
      description:
        'What its values are said to be, as `Metric.valueKind`; null where the first samples show it.',
      resolve: ({ valueKind }) => valueKind ?? null,
    }),
  }),
});
