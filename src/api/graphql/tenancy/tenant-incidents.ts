/** Incidents for one account: those of its metrics. Rules and messages are the whole server's. */
import { NotFoundError, NotSupportedError } from '../../../errors.ts';
import type { PrismaClient } from '../../../generated/prisma/client.ts';
import type { ApiParts } from '../builder/context.ts';

/** @param visible sees nothing but the account's incidents and silences */
export function tenantIncidents(
  incidents: ApiParts['incidents'],
  visible: Pick<PrismaClient, 'incident' | 'silence'>,
  accountId: number,
): ApiParts['incidents'] {
  const requireAll = async (ids: readonly string[]) => {
    const found = await visible.incident.findMany({ where: { id: { in: [...ids] } }, select: { id: true } });
    const known = new Set(found.map(({ id }) => id));
    const missing = ids.find((id) => !known.has(id));
    if (missing !== undefined)
      throw new NotFoundError(`input.ids: no incident has the id Incident:${missing}`);
  };
  return {
    // They give ids alone; who may not see an incident does not find it by its id.
    incidentFeed: incidents.incidentFeed,
    messageFeed: incidents.messageFeed,
    rules: {
      createRule: refuse,
      updateRule: refuse,
      deleteRule: refuse,
      matchChannels: refuse,
      testRule: refuse,
    },
    receipts: {
      acknowledge: async (ids, by) => {
        await requireAll(ids);
        await incidents.receipts.acknowledge(ids, by);
      },
      markSeen: async (ids, seen) => {
        await requireAll(ids);
        await incidents.receipts.markSeen(ids, seen);
      },
      retryNotification: refuse,
    },
    silences: {
      create: (silence) => incidents.silences.create(silence, accountId),
      end: async (id) => {
        if ((await visible.silence.count({ where: { id } })) > 0) return incidents.silences.end(id);
        throw new NotFoundError(`input.id: no silence has the id Silence:${id}`);
      },
    },
  };
}

function refuse(): Promise<never> {
  return Promise.reject(
    new NotSupportedError(
      'rules and messages are the whole server’s: a key of one account cannot change them',
    ),
  );
}
