/**
 * Takes messages that are due to their channels: one at a time for each channel, in the order they were written, and
 * many channels at once, so that a receiver that is slow keeps nobody waiting but itself.
 */
import { deliverMessage, type DeliverContext } from './deliver-message.ts';
import { takeDueMessages, type DueMessage } from './claim-due.ts';

export interface Courier {
  /** Sets out with what is due, as far as there are hands; does not wait until it has arrived. */
  readonly setOut: () => Promise<void>;
  /** Delivers what is due and everything that is under way. @returns how many messages arrived */
  readonly deliver: () => Promise<number>;
  /** Begins with no further message, and waits for those under way. */
  readonly stop: () => Promise<void>;
}

/** Channels that are being talked to at once. */
export const MOST_CHANNELS_AT_ONCE = 50;

export function createCourier(context: DeliverContext): Courier {
  const underWay = new Map<string, Promise<void>>();
  let arrived = 0;
  let isStopped = false;

  /** The channel's messages one after the other, for as long as some are due. */
  const serve = async (first: DueMessage) => {
    for (let due: DueMessage | undefined = first; due !== undefined && !isStopped;) {
      if (await deliverMessage(due, context)) arrived += 1;
      [due] = await takeDueMessages(context, { lane: first.lane, limit: 1 });
    }
  };
  const begin = (first: DueMessage) => {
    const service = serve(first)
      .catch((error: unknown) => {
        // The message is taken again when its lease is over.
        context.log.error({ err: error, notification: first.id }, 'a message could not be seen to');
      })
      .finally(() => underWay.delete(first.lane));
    underWay.set(first.lane, service);
  };
  const setOut = async () => {
    const limit = MOST_CHANNELS_AT_ONCE - underWay.size;
    if (isStopped || limit <= 0) return;
    for (const due of await takeDueMessages(context, { except: [...underWay.keys()], limit })) begin(due);
  };

  return {
    setOut,
    deliver: async () => {
      const before = arrived;
      for (;;) {
        await setOut();
        if (underWay.size === 0) return arrived - before;
        await Promise.race(underWay.values());
      }
    },
    stop: async () => {
      isStopped = true;
      await Promise.all(underWay.values());
    },
  };
}
