/** What people do with incidents and messages: see, acknowledge, send again. */
import type { StatusFeed } from '../../../platform/runtime/change-feed.ts';
import { InvalidInputError, NotFoundError } from '../../../errors.ts';
import type { PrismaClient } from '../../../generated/prisma/client.ts';
import { ALERT_KINDS } from '../../notify/send.ts';
import { TRY_FOR_MS } from './enqueue-notifications.ts';

export interface Receipts {
  /** Of several, all or none; one that is acknowledged already stays as it is. @throws NotFoundError */
  acknowledge: (incidentIds: readonly string[], by: string | null) => Promise<void>;
  /** All or none. @throws NotFoundError */
  markSeen: (incidentIds: readonly string[], seen: boolean) => Promise<void>;
  /** Tries a message that was given up for another day. @throws NotFoundError, InvalidInputError */
  retryNotification: (id: string) => Promise<void>;
}

export function createReceipts(options: {
  readonly prisma: PrismaClient;
  readonly now: () => Date;
  readonly incidentFeed: StatusFeed;
  readonly messageFeed: Pick<StatusFeed, 'publish'>;
}): Receipts {
  const { prisma, now, incidentFeed, messageFeed } = options;

  const findAll = async (ids: readonly string[]) => {
    const found = await prisma.incident.findMany({ where: { id: { in: [...ids] } }, select: { id: true } });
    const known = new Set(found.map(({ id }) => id));
    const missing = ids.find((id) => !known.has(id));
    if (missing !== undefined)
      throw new NotFoundError(`input.ids: no incident has the id Incident:${missing}`);
  };
  const announce = (ids: readonly string[]) => {
    for (const id of new Set(ids)) incidentFeed.publish(id);
  };

  return {
    acknowledge: async (ids, by) => {
      await findAll(ids);
      await prisma.incident.updateMany({
        where: { id: { in: [...ids] }, acknowledgedAt: null },
        data: { acknowledgedAt: now(), acknowledgedBy: by, seen: true },
      });
      announce(ids);
    },
    markSeen: async (ids, seen) => {
      await findAll(ids);
      await prisma.incident.updateMany({ where: { id: { in: [...ids] } }, data: { seen } });
      announce(ids);
    },
    retryNotification: async (id) => {
      const known = await prisma.notification.findUnique({
        where: { id },
        select: { state: true, kind: true, channelId: true, channelKind: true, incidents: true },
      });
      if (known === null) throw new NotFoundError(`input.id: no notification has the id Notification:${id}`);
      const again = {
        state: 'WAITING',
        attempts: 0,
        dueAt: now(),
        giveUpAt: new Date(now().getTime() + TRY_FOR_MS),
      } as const;
      const { count } = await prisma.notification.updateMany({
        where: { id, state: 'FAILED', channelId: { not: null } },
        data: again,
      });
      if (count > 0 && known.kind === 'START' && ALERT_KINDS.has(known.channelKind)) {
        // It opens an alert, which an end that was sent before does not close.
        const incidentIds = known.incidents.map(({ incidentId }) => incidentId);
        await prisma.notification.updateMany({
          where: {
            ...{ kind: 'END', channelId: known.channelId, state: { not: 'WAITING' } },
            incidents: { some: { incidentId: { in: incidentIds } } },
          },
          data: again,
        });
      }
      if (count === 0) {
        const message = `input.id: expected a failed message whose channel is still there, this one is ${known.state}`;
        throw new InvalidInputError(message, ['input', 'id']);
      }
      messageFeed.publish(id);
    },
  };
}
