/** urql with Graphcache, as its documentation has subscriptions that complete a list. */
import { cacheExchange } from '@urql/exchange-graphcache';
import { Client, fetchExchange, gql, subscriptionExchange, type TypedDocumentNode } from 'urql';
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

/** @param queryUrl where queries go @param liveUrl where subscriptions go */
export function createUrql(queryUrl: string, liveUrl: string, wire: Wire): LiveClient {
  let requests = 0;
  const opened = wire.open(liveUrl);
  const client = new Client({
    url: `${queryUrl}/graphql`,
    preferGetMethod: false,
    fetch: (input, init) => {
      requests += 1;
      return fetch(input, init);
    },
    exchanges: [
      cacheExchange({
        keys: { MetricDataConnection: () => null, AnomalyScores: () => null },
        updates: {
          Subscription: {
            anomalyScores: (result, _args, cache) => {
              // As LIVE selects it.
              const { scores } = (result as unknown as Live).anomalyScores;
              for (const { metric, ...sample } of scores) {
                cache.updateQuery({ query: LIST_DOCUMENT, variables: { id: metric.id } }, (list) =>
                  list === null ? null : addToList(list, sample),
                );
              }
            },
          },
        },
      }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: opened.subscribe({ query: LIVE, variables: readVariables(variables ?? {}) }, sink),
          }),
        }),
      }),
    ],
  });
  const mounted: (() => void)[] = [];
  return {
    mount: (id, onShow) => {
      const shown = client.query(LIST_DOCUMENT, { id }).subscribe(({ data }) => {
        if (data !== undefined) onShow(data.metric.data.nodes);
      });
      mounted.push(() => shown.unsubscribe());
    },
    subscribe: (variables, onEvent, onEnd) => {
      const running = client
        .subscription(LIVE_DOCUMENT, variables)
        .subscribe(({ data, error, stale, hasNext }) => {
          if (error !== undefined) {
            onEnd();
          } else if (data !== undefined && !stale) {
            onEvent(data.anomalyScores);
            if (!hasNext) onEnd();
          }
        });
      return () => running.unsubscribe();
    },
    requests: () => requests,
    stop: () => {
      for (const unmount of mounted) unmount();
      opened.dispose();
    },
  };
}

function addToList(list: List, sample: List['metric']['data']['nodes'][number]): List {
  const { data } = list.metric;
  if (data.nodes.some(({ id }) => id === sample.id)) return list;
  return { metric: { ...list.metric, data: { ...data, nodes: [...data.nodes, sample] } } };
}
