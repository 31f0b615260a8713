/** Subscriptions over any transport are executed by shared-execution.ts. */
import type { Plugin } from 'graphql-yoga';
import { createSharedSubscribe } from './shared-execution.ts';

/** Everybody may see everything so far: when that changes, what the context may see has to be the scope. */
export function shareExecution(): Plugin {
  const subscribe = createSharedSubscribe({ scopeOf: () => '' });
  return {
    onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(subscribe),
  };
}
