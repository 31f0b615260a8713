/** DescribeTags: each tag of each resource EC2 has, by filters of single tags, in pages. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openService, type Service } from '../service.ts';

let service: Service;
beforeAll(async () => {
  service = await openService();
  const make = (
    type: string,
    namespace: string,
    resourceId: string,
    tags: readonly (readonly [string, string])[],
  ) => ({
    datasource: 'CLOUDWATCH' as const,
    region: 'eu-west-1',
    type,
    namespace,
    resourceId,
    tags: tags.map(([key, value]) => ({ key, value })),
  });
  await service.database.prisma.resource.createMany({
    data: [
      make('AWS::EC2::Instance', 'AWS/EC2', 'i-1', [
        ['Env', 'prod'],
        ['Team', 'shop'],
      ]),
      make('AWS::EC2::Instance', 'AWS/EC2', 'i-2', [['Env', 'dev']]),
      { ...make('AWS::EC2::Instance', 'AWS/EC2', 'i-3', []), name: 'db' },
      make('AWS::EC2::Volume', 'AWS/EBS', 'vol-1', [
        ['Env', 'prod'],
        ['star*', 'a?'],
      ]),
      // EC2 knows nothing of databases.
      make('AWS::RDS::DBInstance', 'AWS/RDS', 'orders', [['Env', 'prod']]),
    ],
  });
});
afterAll(() => service[Symbol.asyncDispose]());

async function ask(input: object, region = 'eu-west-1', accountId = service.accountId) {
  const { cloudwatch } = service;
  const caller = { accountId, accessKeyId: 'AKIDTEST', region };
  return (await cloudwatch.run(cloudwatch.find('DescribeTags', 'ec2'), input, caller)) as {
    tagSet: { resourceId: string; resourceType: string; key: string; value: string }[];
    nextToken?: string;
  };
}
const list = async (...filters: readonly (readonly [string, ...string[]])[]) => {
  const { tagSet } = await ask({ Filter: filters.map(([Name, ...Value]) => ({ Name, Value })) });
  return tagSet.map(({ resourceId, key, value }) => `${resourceId} ${key}=${value}`);
};

describe('Tags', () => {
  it('are those of instances and of volumes, each with the type of its resource', async () => {
    expect(await list()).toEqual([
      'i-1 Env=prod',
      'i-1 Team=shop',
      'i-2 Env=dev',
      'i-3 Name=db',
      'vol-1 Env=prod',
      'vol-1 star*=a?',
    ]);
    const { tagSet } = await ask({});
    expect(tagSet.map(({ resourceType }) => resourceType)).toEqual([
      ...Array<string>(4).fill('instance'),
      ...Array<string>(2).fill('volume'),
    ]);
  });

  it.each([
    [[['resource-type', 'volume']], ['vol-1 Env=prod', 'vol-1 star*=a?']],
    [
      [
        ['resource-type', 'instance', 'volume'],
        ['key', 'Team'],
      ],
      ['i-1 Team=shop'],
    ],
    [[['resource-type', 'subnet']], []],
    [[['resource-id', 'vol-1', 'i-2']], ['i-2 Env=dev', 'vol-1 Env=prod', 'vol-1 star*=a?']],
    [
      [
        ['key', 'Env'],
        ['value', 'prod'],
      ],
      ['i-1 Env=prod', 'vol-1 Env=prod'],
    ],
    // Of one tag, not of two of the same resource.
    [
      [
        ['key', 'Env'],
        ['value', 'shop'],
      ],
      [],
    ],
    [[['tag:Env', 'd*']], ['i-2 Env=dev']],
    [[['key', String.raw`*\*`]], ['vol-1 star*=a?']],
    [[['value', String.raw`?\?`]], ['vol-1 star*=a?']],
  ] as const)('are found by %j', async (filters, expected) => {
    expect(await list(...filters)).toEqual(expected);
  });

  it('come in pages, by tokens of their own question', async () => {
    const first = await ask({ MaxResults: 4 });
    expect(first.tagSet).toHaveLength(4);
    const second = await ask({ MaxResults: 4, NextToken: first.nextToken });
    expect(second.tagSet.map(({ resourceId }) => resourceId)).toEqual(['vol-1', 'vol-1']);
    expect(second.nextToken).toBeUndefined();
    const other = { Filter: [{ Name: 'key', Value: ['Env'] }], NextToken: first.nextToken };
    await expect(ask(other)).rejects.toMatchObject({ code: 'InvalidNextToken' });
  });

  it('are of the region and the account that owns them', async () => {
    expect((await ask({}, 'us-east-1')).tagSet).toEqual([]);
    expect((await ask({}, 'self')).tagSet).toHaveLength(6);
    const { id } = await service.database.prisma.cloudwatchAccount.create({ data: { name: 'other' } });
    expect((await ask({}, 'self', id)).tagSet).toEqual([]);
  });
});
