/** Relay: its compiler takes schema.graphql as it is, and its runtime pages through a list both ways. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ConcreteRequest,
  createOperationDescriptor,
  Environment,
  getRequest,
  getSelector,
  type GraphQLResponse,
  Network,
  type ReaderFragment,
  RecordSource,
  Store,
  type Variables,
} from 'relay-runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createConsumerProject, type ConsumerProject, runTool } from '../api/graphql/consumer-project.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';

let consumer: ConsumerProject;
let artifacts: string;
let server: TestServer;

beforeAll(async () => {
  consumer = await createConsumerProject();
  artifacts = await compile(join(consumer.folder, 'relay'));
  server = await startServer();
  const names = Array.from(
    { length: 12 },
    (_, index) => `${index < 9 ? 'web' : 'db'}.${String(index).padStart(2, '0')}`,
  );
  await server.engine.accept.acceptNamed(names.map((metric) => ({ metric, timestampMs: 0, value: 1 })));
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await consumer[Symbol.asyncDispose]();
});

/** @returns the folder of what it made */
async function compile(project: string): Promise<string> {
  await mkdir(join(project, 'src/__generated__'), { recursive: true });
  const config = {
    src: './src',
    schema: '../schema.graphql',
    language: 'typescript',
    artifactDirectory: './src/__generated__',
    customScalarTypes: { DateTime: 'string', JSON: 'unknown' },
    eagerEsModules: true,
  };
  await writeFile(join(project, 'relay.config.json'), JSON.stringify(config));
  await writeFile(join(project, 'src/list.ts'), RELAY_SOURCE);
  await runTool('relay-compiler', ['--repersist'], project);
  return join(project, 'src/__generated__');
}

test('the compiler takes a refetchable list, a refetched node, a mutation and a subscription', async () => {
  const artifact = await readFile(join(artifacts, 'list_metrics.graphql.ts'), 'utf8');
  expect(artifact).toContain('readonly anomalyClass: AnomalyClass');
});

async function load<T>(name: string): Promise<T> {
  const module = (await import(/* @vite-ignore */ join(artifacts, `${name}.graphql.ts`))) as { default: T };
  return module.default;
}

interface Connection {
  readonly edges: readonly { readonly node: { readonly name: string } }[];
  readonly pageInfo: Readonly<Record<'endCursor' | 'startCursor', string>> &
    Readonly<Record<'hasNextPage' | 'hasPreviousPage', boolean>>;
}

function createEnvironment(): Environment {
  return new Environment({
    store: new Store(new RecordSource()),
    network: Network.create(async ({ text }, variables) => {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: text, variables }),
      });
      return (await response.json()) as GraphQLResponse;
    }),
  });
}

/** Asks and reads as `usePaginationFragment` does. */
class List {
  readonly #environment: Environment;
  readonly #query: ConcreteRequest;
  readonly #page: ConcreteRequest;
  readonly #fragment: ReaderFragment;

  constructor(query: ConcreteRequest, page: ConcreteRequest, fragment: ReaderFragment) {
    this.#query = query;
    this.#page = page;
    this.#fragment = fragment;
    this.#environment = createEnvironment();
  }

  begin(variables: Variables): Promise<Connection> {
    return this.#ask(this.#query, variables, variables);
  }

  /** More of the list that began with these variables. */
  more(began: Variables, page: Variables): Promise<Connection> {
    const none = { first: null, after: null, last: null, before: null };
    return this.#ask(this.#page, { ...began, ...none, ...page }, began);
  }

  async #ask(request: ConcreteRequest, variables: Variables, began: Variables): Promise<Connection> {
    const operation = createOperationDescriptor(getRequest(request), variables);
    this.#environment.retain(operation);
    await this.#environment.execute({ operation }).toPromise();
    return this.#read(createOperationDescriptor(getRequest(this.#query), began));
  }

  #read(operation: ReturnType<typeof createOperationDescriptor>): Connection {
    const { data: root } = this.#environment.lookup(operation.fragment);
    const selector = getSelector(this.#fragment, root);
    if (selector.kind !== 'SingularReaderSelector') throw new Error('the query spreads no such fragment');
    const { data, isMissingData } = this.#environment.lookup(selector);
    expect(isMissingData).toBe(false);
    return (data as unknown as { metrics: Connection }).metrics;
  }
}

async function openList(): Promise<List> {
  return new List(
    await load<ConcreteRequest>('listQuery'),
    await load<ConcreteRequest>('listPageQuery'),
    await load<ReaderFragment>('list_metrics'),
  );
}

const namesOf = ({ edges }: Connection) => edges.map(({ node }) => node.name);

test('the runtime pages forward and backward from the middle of a list, and begins anew with another filter', async () => {
  const list = await openList();
  const web = { nameContains: 'web' };
  const whole = await list.begin({ first: 9, after: null, filter: web });
  const names = namesOf(whole);
  expect(names).toHaveLength(9);
  expect(whole.pageInfo).toMatchObject({ hasNextPage: false });

  const { pageInfo } = await (await openList()).begin({ first: 4, after: null, filter: web });
  const middle = { first: 2, after: pageInfo.endCursor, filter: web };
  const other = await openList();
  let page = await other.begin(middle);
  expect(namesOf(page)).toEqual(names.slice(4, 6));
  expect(page.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
  page = await other.more(middle, { first: 2, after: page.pageInfo.endCursor });
  expect(namesOf(page)).toEqual(names.slice(4, 8));
  page = await other.more(middle, { last: 3, before: page.pageInfo.startCursor });
  expect(namesOf(page)).toEqual(names.slice(1, 8));
  page = await other.more(middle, { last: 3, before: page.pageInfo.startCursor });
  expect(namesOf(page)).toEqual(names.slice(0, 8));
  expect(page.pageInfo.hasPreviousPage).toBe(false);

  const databases = await other.begin({ first: 2, after: null, filter: { nameContains: 'db' } });
  expect(namesOf(databases)).toEqual(['db.09', 'db.10']);
  expect(databases.pageInfo.hasNextPage).toBe(true);
  page = await other.more(middle, { first: 2, after: page.pageInfo.endCursor });
  expect(namesOf(page)).toEqual(names);
  expect(page.pageInfo.hasNextPage).toBe(false);
});

test('what became of many metrics takes nothing from a view of one of them', async () => {
  const environment = createEnvironment();
  const execute = async (name: string, variables: Variables) => {
    const operation = createOperationDescriptor(getRequest(await load<ConcreteRequest>(name)), variables);
    environment.retain(operation);
    await environment.execute({ operation }).toPromise();
    return () => environment.lookup(operation.fragment).data;
  };
  const [entry] = server.engine.registry.all();
  const id = `Metric:${entry?.id}`;
  const show = await execute('listNodeQuery', { id });
  const shown = { node: { __typename: 'Metric', id, name: entry?.name, status: 'UNMONITORED' } };
  expect(show()).toEqual(shown);
  await execute('listUnmonitorMutation', { input: { ids: [id] } });
  expect(show()).toEqual(shown);
});

/** Without a default for `first`: Relay would send it beside `last`, and the two contradict each other. */
const RELAY_SOURCE = `
import { graphql } from 'relay-runtime';
export const list = graphql\`
  fragment list_metrics on Query
  @refetchable(queryName: "listPageQuery")
  @argumentDefinitions(
    first: { type: "Int" }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
    filter: { type: "MetricFilter" }
  ) {
    metrics(first: $first, after: $after, last: $last, before: $before, filter: $filter)
      @connection(key: "list_metrics", filters: ["filter"]) {
      edges { node { id name latest { anomalyClass } ...list_metric } }
    }
  }
\`;
export const one = graphql\`
  fragment list_metric on Metric @refetchable(queryName: "listMetricQuery") {
    resource { id status }
    data(first: 10) { edges { node { value } } }
  }
\`;
export const query = graphql\`
  query listQuery($first: Int, $after: String, $filter: MetricFilter) {
    ...list_metrics @arguments(first: $first, after: $after, filter: $filter)
  }
\`;
export const watch = graphql\`
  mutation listWatchMutation($input: MonitorMetricInput!) {
    monitorMetric(input: $input) { __typename ...list_metric @alias ... on Metric { id statusReason } ... on Error { code message } }
  }
\`;
export const node = graphql\`
  query listNodeQuery($id: ID!) { node(id: $id) { __typename ... on Metric { id name status } } }
\`;
export const unmonitor = graphql\`
  mutation listUnmonitorMutation($input: UnmonitorMetricsInput!) {
    unmonitorMetrics(input: $input) { results { index metricId metric { id status } error { message } } }
  }
\`;
export const live = graphql\`
  subscription listLiveSubscription($after: String) {
    anomalyScores(after: $after) { cursor scores { metric { id ...list_metric } } }
  }
\`;
`;
