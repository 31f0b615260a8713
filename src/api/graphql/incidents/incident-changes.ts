/** What people do with incidents: look at them, take them on. */
import { InvalidInputError, NotFoundError } from '../../../errors.ts';
import { MAX_NAME_LENGTH } from '../../../model.ts';
import { findNameFlaw } from '../../../platform/bounded-input/name-flaw.ts';
import type { Incident, PrismaClient } from '../../../generated/prisma/client.ts';
import { builder } from '../builder/builder.ts';
import { resultUnion, withoutBlank } from '../builder/field-options.ts';
import { IncidentRef } from './incident.ts';
import { readIdOf } from '../builder/node-id.ts';

const MAX_IDS = 1000;

const IncidentsChangedRef = builder.objectRef<readonly Incident[]>('IncidentsChanged').implement({
  description: 'Incidents after a change.',
  fields: (t) => ({
    incidents: t.field({
      type: [IncidentRef],
      description: 'As they are now, in the order they were given.',
      resolve: (incidents) => incidents,
    }),
  }),
});

const AcknowledgeInputRef = builder.inputType('AcknowledgeIncidentsInput', {
  description: 'Which incidents somebody takes on.',
  fields: (t) => ({
    ids: t.idList({ required: true, description: `As read from \`Incident.id\`; ${MAX_IDS} at most.` }),
    by: t.string({
      description: `Who takes them on, as they call themselves; ${MAX_NAME_LENGTH} characters at most.`,
    }),
  }),
});

const MarkSeenInputRef = builder.inputType('MarkIncidentsSeenInput', {
  description: 'Which incidents somebody has looked at.',
  fields: (t) => ({
    ids: t.idList({ required: true, description: `As read from \`Incident.id\`; ${MAX_IDS} at most.` }),
    seen: t.boolean({
      required: true,
      defaultValue: true,
      description: 'Whether they count as looked at; false takes it back.',
    }),
  }),
});

builder.mutationField('acknowledgeIncidents', (t) =>
  t.field({
    type: IncidentsChangedRef,
    description:
      'Notes that somebody takes incidents on, all or none of them. One that was taken on before stays as it is. Acknowledged is seen.',
    errors: resultUnion([NotFoundError], 'The incidents, or why none was changed.'),
    args: { input: t.arg({ type: AcknowledgeInputRef, required: true, description: 'Which, and by whom.' }) },
    resolve: async (_root, { input }, { incidents, prisma }) => {
      const ids = readIncidentIds(input.ids);
      const by = withoutBlank(input.by);
      const byFlaw = by === null ? null : findNameFlaw(by);
      if (byFlaw !== null) throw InvalidInputError.at(['input', 'by'], byFlaw);
      await incidents.receipts.acknowledge(ids, by);
      return findInOrder(prisma, ids);
    },
  }),
);

builder.mutationField('markIncidentsSeen', (t) =>
  t.field({
    type: IncidentsChangedRef,
    description: 'Notes that somebody has looked at incidents, all or none of them.',
    errors: resultUnion([NotFoundError], 'The incidents, or why none was changed.'),
    args: { input: t.arg({ type: MarkSeenInputRef, required: true, description: 'Which.' }) },
    resolve: async (_root, { input }, { incidents, prisma }) => {
      const ids = readIncidentIds(input.ids);
      await incidents.receipts.markSeen(ids, input.seen);
      return findInOrder(prisma, ids);
    },
  }),
);

function readIncidentIds(ids: readonly string[]): readonly string[] {
  if (ids.length > MAX_IDS) {
    throw InvalidInputError.at(['input', 'ids'], `expected at most ${MAX_IDS}, got ${ids.length}`);
  }
  return ids.map((id, index) => readIdOf('Incident', id, ['input', 'ids', String(index)]));
}

async function findInOrder(prisma: PrismaClient, ids: readonly string[]): Promise<readonly Incident[]> {
  const found = await prisma.incident.findMany({ where: { id: { in: [...ids] } } });
  const byId = new Map(found.map((incident) => [incident.id, incident]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}
