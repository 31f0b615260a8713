/** A subscription that stands for as long as its view: what the server refuses for the moment is asked for again. */
import type { Client } from 'graphql-ws';
import type { TypedDocumentString } from '../generated/graphql.ts';

const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 30_000;

/** Never all pages at once. */
function waitLonger(failures: number): number {
  return Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (0.5 + Math.random() / 2);
}

/**
 * Refused or ended by the server, as while its database is away, it is begun again. A broken socket is not our business:
 * its client begins everything again itself.
 * @param onEvent is given null where something may have been missed
 * @param waitMs before the next try, by how many have failed
 * @returns ends it
 */
export function keepSubscribed<Data, Variables extends Record<string, unknown>>(
  client: Pick<Client, 'subscribe'>,
  {
    document,
    variables,
  }: { readonly document: TypedDocumentString<Data, Variables>; readonly variables: Variables },
  onEvent: (data: Data | null) => void,
  waitMs: (failures: number) => number = waitLonger,
): () => void {
  let isOver = false;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let end: () => void = () => undefined;
  const begin = () => {
    end = client.subscribe<Data>(
      { query: document.toString(), variables },
      {
        next: ({ data, errors }) => {
          // The end comes next.
          if (data == null) return;
          failures = 0;
          onEvent(errors === undefined ? data : null);
        },
        error: (reason) => {
          // A list is of the operation; anything else is of the socket.
          if (Array.isArray(reason)) beginLater();
        },
        complete: beginLater,
      },
    );
  };
  const beginLater = () => {
    if (isOver) return;
    timer = setTimeout(() => {
      begin();
      onEvent(null);
    }, waitMs(failures));
    failures += 1;
  };
  begin();
  return () => {
    isOver = true;
    clearTimeout(timer);
    end();
  };
}
