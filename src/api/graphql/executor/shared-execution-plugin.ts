/** Subscriptions over any transport are executed by shared-execution.ts. */
import type { Plugin } from 'graphql-yoga';
import type { Context } from '../builder/context.ts';
import type { DeliveryLag } from '../transport/delivery-lag.ts';
import { createSharedSubscribe } from './shared-execution.ts';

/** Callers of one account see the same, and so do all that see every account. */
export function shareExecution(lag: Pick<DeliveryLag, 'remember'>): Plugin {
  const subscribe = createSharedSubscribe({
    scopeOf: (context) => String((context as Context).caller.accountId),
    onExecuted: (event, result) => lag.remember(event, result),
  });
  return {
    onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(subscribe),
  };
}
