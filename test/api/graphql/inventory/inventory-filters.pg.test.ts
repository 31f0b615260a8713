/** Filters and orders of the lists of resources and autostacks. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matchesTags, type TagFilter } from '../../../../src/core/metrics/tag-filter.ts';
import { ask, read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const REGION = 'us-west-2';
const RESOURCES = [
  {
    resourceId: 'i-1',
    name: 'web-1',
    state: 'running',
    tags: { env: 'prod-eu', Name: 'web-1' },
    type: 'm5.large',
  },
  {
    resourceId: 'i-2',
    name: 'web-2',
    state: 'stopped',
    tags: { env: 'prod-us', team: '' },
    type: 'm5.xlarge',
  },
  {
    resourceId: 'i-3',
    name: null,
    state: 'running',
    tags: { env: 'test', 'a%b': '100%_\\*' },
    type: 't3.nano',
  },
  { resourceId: 'Web_4', name: 'db', state: null, tags: {}, type: null },
].map(({ type, tags, ...resource }) => ({
  ...resource,
  datasource: 'CLOUDWATCH' as const,
  region: REGION,
  type: 'AWS::EC2::Instance',
  namespace: 'AWS/EC2',
  tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  attributes: type === null ? {} : { 'instance-type': [type] },
}));

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  await server.database.prisma.resource.createMany({ data: RESOURCES });
  await server.database.prisma.autostack.createMany({
    data: [
      ['b-web', REGION, 'AWS::EC2::Instance'],
      ['a-db', 'us-west-1', 'AWS::EC2::Instance'],
      ['c-web', 'eu-west-1', 'AWS::EC2::Instance'],
    ].map(([name = '', region = '', resourceType = '']) => ({
      name,
      region,
      resourceType,
      filters: [{ key: 'env', values: ['*'] }],
    })),
  });
});

afterAll(() => server[Symbol.asyncDispose]());

interface Listed {
  readonly totalCount: number;
  readonly nodes: readonly { readonly resourceId: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const QUERY = `query ($filter: ResourceFilter, $orderBy: ResourceOrder, $first: Int, $after: String) {
  resources(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    totalCount nodes { resourceId } pageInfo { hasNextPage endCursor } } }`;

const list = async (variables: Record<string, unknown>) => {
  const { resources } = await read<{ resources: Listed }>(server, QUERY, variables);
  return resources;
};
const idsOf = ({ nodes }: Listed) => nodes.map(({ resourceId }) => resourceId);

describe('a filter of resources', () => {
  it.each<[filter: Record<string, unknown>, ids: readonly string[]]>([
    [{}, ['Web_4', 'i-1', 'i-2', 'i-3']],
    [{ ids: [`Resource:cloudwatch://${REGION}/AWS::EC2::Instance/i-2`] }, ['i-2']],
    [{ names: ['web-1', 'i-3'] }, ['i-1', 'i-3']],
    [{ nameContains: 'WEB' }, ['Web_4', 'i-1', 'i-2']],
    [{ namePattern: 'web-?' }, ['i-1', 'i-2']],
    [{ namePattern: 'Web_?' }, ['Web_4']],
    [{ sources: ['HOST'] }, []],
    [{ sources: ['CLOUDWATCH', 'HOST'], types: ['AWS::EC2::Instance'] }, ['Web_4', 'i-1', 'i-2', 'i-3']],
    [{ types: ['AWS::SQS::Queue'] }, []],
    [{ states: ['running'] }, ['i-1', 'i-3']],
    [{ monitored: false, states: ['stopped'] }, ['i-2']],
    [{ monitored: true }, []],
    [{ tags: [{ key: 'env', values: ['prod*'] }], nameContains: 'web' }, ['i-1', 'i-2']],
  ])('%j', async (filter, ids) => {
    const listed = await list({ filter });
    expect(idsOf(listed).toSorted()).toEqual([...ids].toSorted());
    expect(listed.totalCount).toBe(ids.length);
  });

  it.each<TagFilter[][]>([
    [[{ key: 'env', values: ['prod-*', 'test'] }]],
    [[{ key: 'env', values: ['PROD-*'] }]],
    [[{ key: 'team', values: [''] }]],
    [[{ key: 'team', values: ['?*'] }]],
    [[{ key: 'a%b', values: ['100%_\\\\\\*'] }]],
    [[{ key: 'a_b', values: ['*'] }]],
    [[{ key: 'tag-key', values: ['a%?'] }]],
    [[{ key: 'tag:Name', values: ['web*'] }]],
    [[{ key: 'instance-type', values: ['m5.*'] }]],
    [[{ key: 'instance-state-name', values: ['stop*'] }]],
    [[{ key: 'instance-id', values: ['i-?'] }]],
    [
      [
        { key: 'env', values: ['*'] },
        { key: 'instance-type', values: ['t3.*', 'm5.large'] },
      ],
    ],
  ])('by tags finds what an autostack of the same filters would have: %j', async (tags) => {
    const wanted = RESOURCES.filter((resource) => matchesTags(tags, resource)).map(
      ({ resourceId }) => resourceId,
    );
    expect(idsOf(await list({ filter: { tags } })).toSorted()).toEqual(wanted.toSorted());
  });

  it.each([
    [{ tags: [] }, 'filter.tags: at least one filter is required'],
    [{ ids: ['Resource:host://local'] }, 'filter.ids.0: "Resource:host://local" is not the id of anything'],
    [{ namePattern: '\\' }, 'filter.namePattern: a \\ at the end takes nothing as it is'],
    [{ regions: ['atlantis'] }, 'region: AWS has no region "atlantis"; `regions` lists them'],
  ])('is refused with the field and the value: %j', async (filter, message) => {
    const { errors } = await ask(server, QUERY, { filter });
    expect(errors[0]?.message).toBe(message);
  });

  it('pages in either order, each once', async () => {
    for (const [orderBy, ids] of [
      ['REGION', idsOf(await list({}))],
      ['NAME', ['Web_4', 'i-3', 'i-1', 'i-2']],
    ] as const) {
      const seen: string[] = [];
      let after: string | null = null;
      for (;;) {
        const page: Listed = await list({ orderBy, first: 1, after });
        expect(page.totalCount).toBe(4);
        seen.push(...idsOf(page));
        after = page.pageInfo.endCursor;
        if (!page.pageInfo.hasNextPage) break;
      }
      expect(seen).toEqual(ids);
    }
  });
});

describe('a filter of autostacks', () => {
  const stacks = async (variables: Record<string, unknown>) => {
    const { autostacks } = await read<{ autostacks: { totalCount: number; nodes: { name: string }[] } }>(
      server,
      `query ($filter: AutostackFilter, $orderBy: AutostackOrder) { autostacks(filter: $filter, orderBy: $orderBy) {
        totalCount nodes { name } } }`,
      variables,
    );
    expect(autostacks.totalCount).toBe(autostacks.nodes.length);
    return autostacks.nodes.map(({ name }) => name);
  };

  it('chooses by name, region and type, in either order', async () => {
    expect(await stacks({})).toEqual(['c-web', 'a-db', 'b-web']);
    expect(await stacks({ orderBy: 'NAME' })).toEqual(['a-db', 'b-web', 'c-web']);
    expect(await stacks({ filter: { nameContains: 'WEB' } })).toEqual(['c-web', 'b-web']);
    expect(await stacks({ filter: { namePattern: '?-web', regions: [REGION] } })).toEqual(['b-web']);
    expect(await stacks({ filter: { names: ['a-db', 'x'] } })).toEqual(['a-db']);
    expect(await stacks({ filter: { resourceTypes: ['AWS::EC2::Volume'] } })).toEqual([]);
    expect(await stacks({ filter: { ids: [] } })).toEqual([]);
  });
});
