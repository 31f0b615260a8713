/** Queries and mutations with the types the code generator made. */
import { useCallback, useEffect, useState } from 'react';
import { type AnyVariables, type CombinedError, type RequestPolicy, useClient, useQuery } from 'urql';
import type { TypedDocumentString } from '../generated/graphql.ts';
import { useReturn } from './use-return.ts';
import type { Whole } from './whole.ts';

export interface Answer<Data> {
  /** Kept from before while it is asked again. */
  readonly data: Data | undefined;
  readonly error: CombinedError | undefined;
  readonly isAsking: boolean;
  readonly askAgain: () => void;
}

export interface AskOptions {
  /** Not asked while this is true. */
  readonly isPaused?: boolean;
  readonly policy?: RequestPolicy;
}

/** Asks, and asks again when the variables change or a mutation touched what was answered. */
export function useAsk<Data, Variables extends AnyVariables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  { isPaused = false, policy = 'cache-and-network' }: AskOptions = {},
): Answer<Whole<Data>> {
  // Variables that are generic are more than urql's conditional types can follow.
  const [{ data, error, fetching, stale }, ask] = useQuery<Whole<Data>>({
    query: document.toString(),
    variables: variables ?? {},
    pause: isPaused,
    requestPolicy: policy,
  });
  const last = useLast(document.toString() + JSON.stringify(variables), data);
  const askAgain = useCallback(() => ask({ requestPolicy: 'network-only' }), [ask]);
  // What failed while the server or its database was away is asked again as soon as the connection is back.
  useReturn(() => {
    if (error !== undefined && !isPaused) askAgain();
  });
  // What is on the screen stays there while it is asked again, and while the server is away, which is said beside it.
  const isKept = data === undefined && (error === undefined || error.networkError !== undefined);
  return { data: isKept ? last : data, error, isAsking: fetching || stale, askAgain };
}

/** What was last answered to the same question. */
function useLast<Data>(question: string, data: Data | undefined): Data | undefined {
  const [last, setLast] = useState<{ readonly question: string; readonly data: Data }>();
  useEffect(() => {
    if (data !== undefined) setLast({ question, data });
  }, [question, data]);
  return last?.question === question ? last.data : undefined;
}

/** What came of one request: data, or one sentence why there is none. */
export type Outcome<Data> = { readonly data: Data } | { readonly problem: string };

/** @returns does a mutation; never throws */
export function useDo<Data, Variables extends AnyVariables>(
  document: TypedDocumentString<Data, Variables>,
): (variables: Variables) => Promise<Outcome<Whole<Data>>> {
  const client = useClient();
  return useCallback(
    async (variables) => {
      const { data, error } = await client
        .mutation<Whole<Data>>(document.toString(), variables ?? {})
        .toPromise();
      return data == null || error !== undefined ? { problem: describeError(error) } : { data };
    },
    [client, document],
  );
}

/** @returns asks once, past the cache; never throws */
export function useAskOnce<Data, Variables extends AnyVariables>(
  document: TypedDocumentString<Data, Variables>,
): (variables: Variables) => Promise<Outcome<Whole<Data>>> {
  const client = useClient();
  return useCallback(
    async (variables) => {
      const { data, error } = await client
        .query<Whole<Data>>(document.toString(), variables ?? {}, { requestPolicy: 'network-only' })
        .toPromise();
      return data == null || error !== undefined ? { problem: describeError(error) } : { data };
    },
    [client, document],
  );
}

/**
 * The problem of a mutation's one result, in one sentence; null when it worked. Documents select a failure's message
 * as `failure`, because a metric has a message of its own.
 */
export function findProblem(outcome: Outcome<object>): string | null {
  if ('problem' in outcome) return outcome.problem;
  const results: readonly unknown[] = Object.values(outcome.data);
  for (const result of results) {
    const found =
      typeof result === 'object' && result !== null && 'failure' in result ? result.failure : null;
    if (typeof found === 'string') return found;
  }
  return null;
}

/** One sentence for people. */
export function describeError(error: CombinedError | undefined): string {
  if (error === undefined) return 'The server gave no answer.';
  if (error.networkError !== undefined) {
    return `The server cannot be reached: ${describeAway(error.networkError, error.response)}`;
  }
  return error.graphQLErrors.map(({ message }) => message).join(' ');
}

/** @param response typed as anything by urql: of fetch, or nothing when there was none */
function describeAway(error: Error, response: unknown): string {
  if (response instanceof Response && !response.ok) {
    // HTTP/2 has the number alone.
    return `HTTP ${response.status} ${response.statusText}`.trim();
  }
  // Each browser has other words for it, and none says what to do.
  return error instanceof TypeError ? 'check the network, and whether it is running.' : error.message;
}
