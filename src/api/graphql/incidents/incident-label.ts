/** Labels of incidents: what somebody says of an incident. */
import { InvalidInputError, NotFoundError } from '../../../errors.ts';
import { builder } from '../builder/builder.ts';
import { resultUnion } from '../builder/field-options.ts';
import { IncidentRef } from './incident.ts';
import { AnomalyLabelRef, LabelKindRef } from '../scores/label.ts';
import { readIdOf } from '../builder/node-id.ts';

builder.prismaObjectFields(IncidentRef, (t) => ({
  label: t.field({
    type: AnomalyLabelRef,
    nullable: true,
    description: 'What somebody said it was; null while nobody has.',
    resolve: ({ metricId, startedAt }, _args, { loaders }) =>
      metricId === null ? null : loaders.labelAt.load({ metricId, startedAt }),
  }),
}));

const LabelIncidentInputRef = builder.inputType('LabelIncidentInput', {
  description: 'What an incident was.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'As read from `Incident.id`.' }),
    label: t.field({ type: LabelKindRef, required: true, description: 'What it was.' }),
    note: t.string({ description: 'Why; 2,000 characters at most.' }),
  }),
});

builder.mutationField('labelIncident', (t) =>
  t.field({
    type: AnomalyLabelRef,
    description:
      'Says whether an incident was real, as `labelAnomaly` does of the time from its first anomalous point to its last. A second label takes the place of the first.',
    errors: resultUnion([NotFoundError], 'The label, or why it was not given.'),
    args: { input: t.arg({ type: LabelIncidentInputRef, required: true, description: 'What it was.' }) },
    resolve: async (_root, { input }, { labels, prisma }) => {
      const id = readIdOf('Incident', input.id, ['input', 'id']);
      const incident = await prisma.incident.findUnique({ where: { id } });
      if (incident === null) throw new NotFoundError(`input.id: no incident has the id ${input.id}`);
      const { kind, metricId, startedAt, lastHotAt } = incident;
      if (kind !== 'ANOMALY') {
        throw InvalidInputError.at(['input', 'id'], `expected an incident of an anomaly, got one of ${kind}`);
      }
      if (metricId === null) throw new NotFoundError(`input.id: the metric of ${input.id} was deleted`);
      return labels.labelIncident({
        metricId,
        from: startedAt,
        to: lastHotAt,
        kind: input.label,
        note: input.note ?? null,
      });
    },
  }),
);
