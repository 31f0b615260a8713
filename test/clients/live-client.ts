/** What a page with a normalised cache does: a list of samples on screen, and scores that come live. */
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';

export interface Sample {
  readonly id: string;
  readonly rowId: number;
  readonly value: number;
  readonly anomalyScore: number | null;
}

export interface List {
  readonly metric: {
    readonly __typename: 'Metric';
    readonly id: string;
    readonly data: { readonly __typename: 'MetricDataConnection'; readonly nodes: readonly Sample[] };
  };
}

export interface Live {
  readonly anomalyScores: {
    readonly cursor: string;
    readonly scores: readonly (Sample & { readonly metric: { readonly id: string } })[];
  };
}

export interface LiveVariables {
  readonly after: string | null;
  readonly filter: Readonly<Record<string, unknown>>;
}

/** The list asks for more than a stream ever brings here: it stays one page. */
export const LIST = `query List($id: ID!) {
  metric(id: $id) { __typename id data(last: 500) { __typename nodes { __typename id rowId value anomalyScore } } }
}`;
export const LIVE = `subscription Live($after: String, $filter: AnomalyScoreFilter) {
  anomalyScores(after: $after, filter: $filter, lingerMs: 0) {
    __typename cursor scores { __typename id rowId value anomalyScore metric { __typename id } }
  }
}`;

/** The variables of `LIVE`, which clients hand to their transport untyped. */
export function readVariables({ after, filter }: Readonly<Record<string, unknown>>): LiveVariables {
  if (typeof filter !== 'object' || filter === null) throw new Error('a subscription without a filter');
  return { after: typeof after === 'string' ? after : null, filter: { ...filter } };
}

/** A client with its cache. */
export interface LiveClient {
  /** Shows the list from now on: calls back whenever what it shows has changed. */
  readonly mount: (id: string, onShow: (samples: readonly Sample[]) => void) => void;
  /** One subscription. @returns how to end it */
  readonly subscribe: (
    variables: LiveVariables,
    onEvent: (event: Live['anomalyScores']) => void,
    /** It ended, not by our doing. */
    onEnd: () => void,
  ) => () => void;
  /** How many requests it sent over HTTP. */
  readonly requests: () => number;
  readonly stop: () => void;
}

interface Operation {
  readonly query: string;
  readonly variables: LiveVariables;
}

interface Sink {
  readonly next: (result: { readonly data?: Record<string, unknown> | null }) => void;
  readonly error: (error: unknown) => void;
  readonly complete: () => void;
}

/** The way live events come: they do not come back by themselves, for a page resumes behind its cursor. */
export interface Wire {
  readonly name: string;
  readonly open: (url: string) => {
    readonly subscribe: (operation: Operation, sink: Sink) => () => void;
    readonly dispose: () => void;
  };
}

export const WIRES: readonly Wire[] = [
  {
    name: 'WebSocket',
    open: (url) => {
      const client = createSocketClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
      });
      return {
        subscribe: ({ query, variables }, sink) =>
          client.subscribe({ query, variables: { ...variables } }, sink),
        dispose: () => void client.dispose(),
      };
    },
  },
  {
    name: 'server-sent events',
    open: (url) => {
      const client = createSseClient({ url: `${url}/graphql`, retryAttempts: 0 });
      return {
        subscribe: ({ query, variables }, sink) =>
          client.subscribe({ query, variables: { ...variables } }, sink),
        dispose: () => client.dispose(),
      };
    },
  },
];
