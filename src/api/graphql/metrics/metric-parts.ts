/** What a metric says of its source, and of which deviations matter. */
import { builder } from '../builder/builder.ts';
import { timeOf } from '../builder/field-options.ts';
import { DirectionRef } from '../builder/enums.ts';

interface CollectorErrorShape {
  readonly message: string;
  readonly since: string;
  readonly deadline: string;
}

export const CollectorErrorRef = builder.objectRef<CollectorErrorShape>('CollectorError').implement({
  description:
    'A source that fails for now. Reading goes on until the deadline; after it the status is ERROR.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'What the source said last.' }),
    since: t.field(timeOf('since', 'When it began.')),
    deadline: t.field(timeOf('deadline', 'When it becomes an ERROR.')),
  }),
});

export const AlertPolicyRef = builder
  .objectRef<{ direction: 'BOTH' | 'ABOVE' | 'BELOW'; minDeviation: number; minDeviationRatio: number }>(
    'AlertPolicy',
  )
  .implement({
    description: 'Which deviations matter. Anomalies that do not are scored, but open no incident.',
    fields: (t) => ({
      direction: t.expose('direction', { type: DirectionRef, description: 'Which side matters.' }),
      minDeviation: t.exposeFloat('minDeviation', {
        description: "Smallest deviation from the expected value that matters, in the metric's unit.",
      }),
      minDeviationRatio: t.exposeFloat('minDeviationRatio', {
        description: 'Smallest deviation that matters, as a share of the expected value.',
      }),
    }),
  });

/** The column is JSON: what is not of the shape we write there is not shown. */
export function readCollectorError(json: unknown): CollectorErrorShape | null {
  if (typeof json !== 'object' || json === null) return null;
  if (!('message' in json && 'since' in json && 'deadline' in json)) return null;
  const { message, since, deadline } = json;
  if (typeof message !== 'string' || typeof since !== 'string' || typeof deadline !== 'string') return null;
  return { message, since, deadline };
}
