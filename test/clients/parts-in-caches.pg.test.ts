/** Clients with normalised caches, set up as docs/client says: two views select other fields of what has no id of its own. */
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
import { cacheExchange } from '@urql/exchange-graphcache';
import { buildSchema, introspectionFromSchema } from 'graphql';
import { Client, fetchExchange } from 'urql';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeKeys, writePossibleTypes, writeTypePolicies } from '../../docs/client/cache.ts';
import { read } from '../helpers/ask.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';

const LIST = '{ notificationRules { id name scope { namePattern } } }';
const ONE = `query ($id: ID!) { node(id: $id) { id
  ... on NotificationRule { scope { servers tags { key values } } } } }`;
const SCOPE = { namePattern: 'web.*', servers: ['shop'], tags: [{ key: 'env', values: ['prod'] }] };

const schema = buildSchema(await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8'));
let server: TestServer;
let id: string;

beforeAll(async () => {
  server = await startServer();
  const { createNotificationRule } = await read<{ createNotificationRule: { id: string } }>(
    server,
    `mutation ($input: CreateNotificationRuleInput!) {
      createNotificationRule(input: $input) { ... on NotificationRule { id } } }`,
    { input: { name: 'web', scope: SCOPE } },
  );
  id = createNotificationRule.id;
});

afterAll(() => server[Symbol.asyncDispose]());

/** Counts what is asked for. */
function countRequests() {
  const counted = {
    requests: 0,
    fetch: (...given: Parameters<typeof fetch>) => (counted.requests++, fetch(...given)),
  };
  return counted;
}

interface Rule {
  readonly id: string;
  readonly scope: Readonly<Record<string, unknown>>;
}

interface Lists {
  readonly metrics: {
    readonly edges: readonly { readonly node: { readonly name: string } }[];
    readonly pageInfo: { readonly endCursor: string };
  };
}

it('Apollo Client shows both, and asks once for each', async () => {
  const counted = countRequests();
  const client = new ApolloClient({
    cache: new InMemoryCache({
      typePolicies: writeTypePolicies(schema),
      possibleTypes: writePossibleTypes(schema),
    }),
    link: new HttpLink({ uri: `${server.url}/graphql`, fetch: counted.fetch }),
  });
  const shown: { list?: Rule | undefined; one?: Rule } = {};
  client.watchQuery<{ notificationRules: Rule[] }>({ query: gql(LIST) }).subscribe(({ data, dataState }) => {
    if (dataState === 'complete') shown.list = data.notificationRules[0];
  });
  await until(() => expect(shown.list?.scope).toMatchObject({ namePattern: 'web.*' }));
  client
    .watchQuery<{ node: Rule }>({ query: gql(ONE), variables: { id } })
    .subscribe(({ data, dataState }) => {
      if (dataState === 'complete') shown.one = data.node;
    });
  await until(() => expect(shown.one?.scope).toMatchObject({ servers: ['shop'] }));
  // What a view lacks by now it asks for, which this would wait for.
  await client.query({ query: gql('{ serverInfo { version } }'), fetchPolicy: 'no-cache' });
  expect(counted.requests).toBe(3);
  expect(client.readQuery({ query: gql(LIST) })).toMatchObject({
    notificationRules: [{ id, scope: { namePattern: 'web.*' } }],
  });
  client.stop();
});

const PAGE = `query ($first: Int, $after: String, $orderBy: MetricOrder, $filter: MetricFilter) {
  metrics(first: $first, after: $after, orderBy: $orderBy, filter: $filter) {
    edges { cursor node { id name } } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }`;

it('Apollo Client puts the pages of a list together, and keeps each list apart from those with other arguments', async () => {
  const names = ['e', 'b', 'd', 'a', 'c'];
  for (const metric of names) {
    await server.engine.accept.acceptNamed([{ metric, timestampMs: 0, value: 1 }]);
  }
  const client = new ApolloClient({
    cache: new InMemoryCache({
      typePolicies: writeTypePolicies(schema, relayStylePagination),
      possibleTypes: writePossibleTypes(schema),
    }),
    link: new HttpLink({ uri: `${server.url}/graphql` }),
  });
  const watch = async (variables: object) => {
    const query = client.watchQuery<Lists>({ query: gql(PAGE), variables: { first: 2, ...variables } });
    const subscription = query.subscribe({});
    await until(() => expect(query.getCurrentResult().dataState).toBe('complete'));
    return {
      names: () => (query.getCurrentResult().data as Lists).metrics.edges.map(({ node }) => node.name),
      more: async () => {
        const { metrics } = query.getCurrentResult().data as Lists;
        const before = metrics.edges.length;
        await query.fetchMore({ variables: { after: metrics.pageInfo.endCursor } });
        await until(() =>
          expect((query.getCurrentResult().data as Lists).metrics.edges.length).toBeGreaterThan(before),
        );
      },
      end: () => subscription.unsubscribe(),
    };
  };
  const byName = await watch({ orderBy: 'NAME' });
  const youngest = await watch({ orderBy: 'CREATED' });
  const some = await watch({ orderBy: 'NAME', filter: { nameContains: 'e' } });
  await byName.more();
  await byName.more();
  expect(byName.names()).toEqual(names.toSorted());
  expect(youngest.names()).toEqual(['c', 'a']);
  await youngest.more();
  expect(youngest.names()).toEqual(['c', 'a', 'd', 'b']);
  expect(some.names()).toEqual(['e']);
  // Of a list without things its cursors are "".
  const none = await watch({ orderBy: 'NAME', filter: { names: ['f'] } });
  await server.engine.accept.acceptNamed([{ metric: 'f', timestampMs: 0, value: 1 }]);
  await none.more();
  expect(none.names()).toEqual(['f']);
  for (const list of [byName, youngest, some, none]) list.end();
  client.stop();
});

it('urql shows both, asks once for each, and finds nothing to warn of', async () => {
  const counted = countRequests();
  const warnings: string[] = [];
  const client = new Client({
    url: `${server.url}/graphql`,
    preferGetMethod: false,
    fetch: counted.fetch,
    exchanges: [
      cacheExchange({
        schema: introspectionFromSchema(schema),
        keys: writeKeys(schema),
        logger: (severity, message) => {
          if (severity !== 'debug') warnings.push(message);
        },
      }),
      fetchExchange,
    ],
  });
  const list = await client.query(LIST, {}).toPromise();
  const one = await client.query(ONE, { id }).toPromise();
  const again = await client.query(LIST, {}).toPromise();
  expect([list.error, one.error, again.error]).toEqual([undefined, undefined, undefined]);
  expect(one.data).toMatchObject({ node: { id, scope: { servers: ['shop'] } } });
  expect(again.data).toMatchObject({ notificationRules: [{ id, scope: { namePattern: 'web.*' } }] });
  expect(counted.requests).toBe(2);
  expect(warnings).toEqual([]);
});
