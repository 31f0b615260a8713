/** A typed client: operations over HTTP, and scores over WebSocket that come each once, whatever breaks between. */
import type { GraphQLFormattedError } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import {
  type AnomalyScoreFilter,
  ScoresDocument,
  type ScoresSubscription,
  type TypedDocumentString,
} from './generated/graphql.js';

export type ScoreEvent = ScoresSubscription['anomalyScores'];

/** Where the cursor of what has been dealt with is kept: a file, a row beside your own data. */
export interface CursorStore {
  readonly read: () => Promise<string | null>;
  readonly write: (cursor: string) => Promise<void>;
}

export interface ServerAddress {
  /** http://127.0.0.1:4000/graphql */
  readonly url: string;
  /** None where the server asks for none. */
  readonly apiKey?: string;
}

/** Breaks that a moment may mend are waited out for so long. */
const LONGEST_WAIT_MS = 30_000;

interface Answer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly { readonly message: string }[];
}

/**
 * Runs a query or mutation. Expected failures are part of the result: look at `__typename`.
 * @throws Error for what is wrong with the request, or with the server
 */
export async function request<Result, Variables>(
  { url, apiKey }: ServerAddress,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  // A proxy between, or another address, may answer with no JSON.
  const answer = (await response.json().catch(() => ({}))) as Answer<Result>;
  if (answer.data != null && answer.errors === undefined) return answer.data;
  const reasons = answer.errors?.map(({ message }) => message);
  throw new Error(reasons?.join('; ') ?? `${url} answered with HTTP ${response.status}`);
}

/**
 * Gives every score from where the cursor stands, in order, until stopped.
 * @param options.onEvent deals with an event; its cursor is kept once this has resolved, so after a crash in between
 * the same event comes again: store both in one transaction, or make it harmless to see one twice
 * @throws what `onEvent` throws; RefusedError when the cursor is no longer valid
 */
export async function followScores(
  { url, apiKey }: ServerAddress,
  options: {
    readonly cursors: CursorStore;
    readonly filter?: AnomalyScoreFilter;
    readonly onEvent: (event: ScoreEvent) => Promise<void>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { cursors, filter, onEvent, signal } = options;
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    // Browsers and Node 22 have one of their own.
    webSocketImpl: WebSocket,
    ...(apiKey === undefined ? {} : { connectionParams: { apiKey } }),
    // The loop below begins anew where it stopped; graphql-ws would begin anew where it began.
    retryAttempts: 0,
  });
  signal.addEventListener('abort', () => void client.dispose(), { once: true });
  for (let failures = 0; !signal.aborted; failures += 1) {
    const variables = { after: await cursors.read(), filter: filter ?? null };
    const events = client.iterate<ScoresSubscription>({ query: ScoresDocument.toString(), variables });
    try {
      for await (const { data, errors } of events) {
        if (data == null || errors !== undefined) throw new RefusedError(errors ?? []);
        await onEvent(data.anomalyScores);
        await cursors.write(data.anomalyScores.cursor);
        failures = 0;
      }
    } catch (error) {
      // What is refused before it has begun, graphql-ws throws as a list.
      const reason: unknown = Array.isArray(error) ? new RefusedError(error) : error;
      if (!mayPass(reason)) throw reason;
    }
    if (!signal.aborted) await wait(Math.min(2 ** failures * 250, LONGEST_WAIT_MS), signal);
  }
}

/** Codes of what another try may not meet: the database is away for a moment, or too much was asked at once. */
const PASSING: readonly unknown[] = ['RETRY_LATER', 'TOO_MANY_REQUESTS', 'TOO_MANY_OPERATIONS'];

/** Not when the caller's own code failed, nor for most refusals: another try would do the same. */
function mayPass(error: unknown): boolean {
  if (error instanceof RefusedError) return error.codes.some((code) => PASSING.includes(code));
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  // A close event: of the codes of graphql-ws, 44xx, all but "too many" and "terminated" are final.
  const { code } = error;
  return typeof code === 'number' && (code < 4400 || code > 4499 || code === 4429 || code === 4499);
}

/** The server said why it does not run this. */
export class RefusedError extends Error {
  /** As of the enum `ErrorCode` of the schema. */
  readonly codes: readonly unknown[];

  constructor(errors: readonly Pick<GraphQLFormattedError, 'message' | 'extensions'>[]) {
    super(errors.map(({ message }) => message).join('; '));
    this.codes = errors.map(({ extensions }) => extensions?.code);
  }
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
