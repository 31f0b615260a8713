/** A subscription whose events are only the sign that something changed. */
import { useEffect, useEffectEvent } from 'react';
import type { TypedDocumentString } from '../generated/graphql.ts';
import { useApi } from './api.ts';

/** Calls back at every event, and when the connection came back: what happened meanwhile is not known. */
export function useFollow<Data, Variables extends Record<string, unknown>>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  onEvent: (data: Data | null) => void,
): void {
  const { socket } = useApi();
  const tell = useEffectEvent(onEvent);
  const query = document.toString();
  const key = JSON.stringify(variables);
  useEffect(() => {
    let hasBroken = false;
    const unfollow = socket.connection.subscribe(() => {
      const state = socket.connection.get();
      if (state === 'live' && hasBroken) tell(null);
      hasBroken = state === 'offline';
    });
    // Made of variables of the right type just above.
    const parsed = JSON.parse(key) as Variables;
    const unsubscribe = socket.client.subscribe<Data>(
      { query, variables: parsed },
      { next: ({ data }) => tell(data ?? null), error: () => undefined, complete: () => undefined },
    );
    return () => {
      unfollow();
      unsubscribe();
    };
  }, [socket, query, key]);
}
