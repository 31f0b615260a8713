/** Apollo Client with its InMemoryCache, as its documentation has subscriptions that complete a list. */
import {
  ApolloClient,
  ApolloLink,
  gql,
  HttpLink,
  InMemoryCache,
  Observable,
  type Reference,
  type TypedDocumentNode,
} from '@apollo/client';
import { OperationTypeNode } from 'graphql';
import {
  LIST,
  LIVE,
  type List,
  type Live,
  type LiveClient,
  type LiveVariables,
  readVariables,
  type Wire,
} from './live-client.ts';

const LIST_DOCUMENT: TypedDocumentNode<List, { id: string }> = gql(LIST);
const LIVE_DOCUMENT: TypedDocumentNode<Live, LiveVariables> = gql(LIVE);

/**
 * @param queryUrl where queries go
 * @param liveUrl where subscriptions go
 * @param wire null for Apollo Client's own, which is HTTP
 */
export function createApollo(queryUrl: string, liveUrl: string, wire: Wire | null): LiveClient {
  let requests = 0;
  const opened = wire?.open(liveUrl);
  const live = opened === undefined ? new HttpLink({ uri: `${liveUrl}/graphql` }) : carryOver(opened);
  const http = new HttpLink({
    uri: `${queryUrl}/graphql`,
    fetch: (input, init) => {
      requests += 1;
      return fetch(input, init);
    },
  });
  const cache = new InMemoryCache();
  const client = new ApolloClient({
    cache,
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      live,
      http,
    ),
  });
  return {
    mount: (id, onShow) => {
      client.watchQuery({ query: LIST_DOCUMENT, variables: { id } }).subscribe(({ data, dataState }) => {
        if (dataState === 'complete') onShow(data.metric.data.nodes);
      });
    },
    subscribe: (variables, onEvent, onEnd) => {
      const running = client.subscribe({ query: LIVE_DOCUMENT, variables }).subscribe({
        next: ({ data, error }) => {
          if (error !== undefined) onEnd();
          if (data == null) return;
          for (const { id, metric } of data.anomalyScores.scores) addToList(cache, metric.id, id);
          onEvent(data.anomalyScores);
        },
        error: onEnd,
        complete: onEnd,
      });
      return () => running.unsubscribe();
    },
    requests: () => requests,
    stop: () => {
      client.stop();
      opened?.dispose();
    },
  };
}

function carryOver(opened: ReturnType<Wire['open']>): ApolloLink {
  return new ApolloLink(
    ({ variables }) =>
      new Observable((sink) =>
        opened.subscribe(
          { query: LIVE, variables: readVariables(variables) },
          {
            next: (result) => sink.next(result as ApolloLink.Result),
            error: (error) => sink.error(error),
            complete: () => sink.complete(),
          },
        ),
      ),
  );
}

/** The sample itself is in the cache by its id already; the list refers to it from now on, once. */
function addToList(cache: InMemoryCache, metricId: string, sampleId: string): void {
  const sample = cache.identify({ __typename: 'MetricData', id: sampleId });
  const added: Reference = { __ref: sample ?? '' };
  cache.modify<{ data: { nodes: readonly Reference[] } }>({
    id: cache.identify({ __typename: 'Metric', id: metricId }) ?? '',
    fields: {
      data: (connection) => {
        if (!('nodes' in connection)) return connection;
        const isThere = connection.nodes.some(({ __ref }) => __ref === added.__ref);
        return isThere ? connection : { ...connection, nodes: [...connection.nodes, added] };
      },
    },
  });
}
