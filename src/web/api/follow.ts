/** A subscription whose events are only the sign that something changed. */
import { useEffect, useEffectEvent } from 'react';
import type { TypedDocumentString } from '../generated/graphql.ts';
import { useApi } from './api.ts';
import { keepSubscribed } from './keep-subscribed.ts';
import { useSettled } from './use-settled.ts';
import { useStore } from './store.ts';
import { useReturn } from './use-return.ts';

/** Changes come in crowds, and each viewer asks: once for all that change within so long. */
const SETTLE_MS = 1000;

/** Asks again once something changed, and when the connection came back. */
export function useAskedAgain<Data, Variables extends Record<string, unknown>>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  askAgain: () => void,
): void {
  useFollow(document, variables, useSettled(askAgain, SETTLE_MS));
}

/** Calls back at every event, and when the connection or the subscription came back: what happened meanwhile is not known. */
export function useFollow<Data, Variables extends Record<string, unknown>>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  onEvent: (data: Data | null) => void,
): void {
  const client = useStore(useApi().socket.client);
  const notify = useEffectEvent(onEvent);
  const key = JSON.stringify(variables);
  useReturn(() => notify(null));
  useEffect(() => {
    // Made of variables of the right type just above.
    const parsed = JSON.parse(key) as Variables;
    return keepSubscribed(client, { document, variables: parsed }, notify);
  }, [client, document, key]);
}
