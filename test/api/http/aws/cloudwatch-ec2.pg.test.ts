/** EC2's DescribeInstances and DescribeTags, asked by the JS SDK and by Debian's aws command where it is installed. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import {
  EC2Client,
  paginateDescribeInstances,
  paginateDescribeTags,
  DescribeRegionsCommand,
  DescribeVolumesCommand,
  DescribeInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matchPattern } from '../../../../src/core/cloudwatch-service/ec2/instance-filters.ts';
import { startCloudwatch, type CloudwatchServer } from './cloudwatch-server.ts';

const AWS_CLI = '/usr/bin/aws';
let server: CloudwatchServer;
let client: EC2Client;
beforeAll(async () => {
  server = await startCloudwatch();
  await server.cloudwatch.findFirstAccount();
  await server.database.prisma.resource.createMany({
    data: Array.from({ length: 12 }, (_, i) => ({
      datasource: 'CLOUDWATCH' as const,
      region: i < 11 ? 'us-east-1' : 'eu-west-1',
      type: 'AWS::EC2::Instance',
      namespace: 'AWS/EC2',
      resourceId: `i-${String(i).padStart(17, '0')}`,
      name: `web-${i}`,
      state: i === 0 ? 'stopped' : 'running',
      tags: [{ key: 'Env', value: i % 2 === 0 ? 'prod' : 'dev' }],
    })),
  });
  client = new EC2Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: server.credentials,
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await server[Symbol.asyncDispose]();
});

describe('DescribeVolumes', () => {
  it('gives the volumes of the region with their tags, and refuses one there is not', async () => {
    await server.database.prisma.resource.createMany({
      data: ['us-east-1', 'us-east-1', 'eu-west-1'].map((region, i) => ({
        datasource: 'CLOUDWATCH' as const,
        region,
        type: 'AWS::EC2::Volume',
        namespace: 'AWS/EBS',
        resourceId: `vol-000${i}`,
        name: `disk-${i}`,
        state: i === 0 ? 'in-use' : null,
        tags: [],
      })),
    });
    const { Volumes = [] } = await client.send(new DescribeVolumesCommand({ MaxResults: 100 }));
    const seen = Volumes.map(({ VolumeId, State, Tags }) => [VolumeId, State, Tags?.[0]?.Value]);
    expect(seen).toEqual([
      ['vol-0000', 'in-use', 'disk-0'],
      ['vol-0001', 'available', 'disk-1'],
    ]);
    const Filters = [{ Name: 'tag:Name', Values: ['*-1'] }];
    const filtered = await client.send(new DescribeVolumesCommand({ Filters }));
    expect(filtered.Volumes?.map(({ VolumeId }) => VolumeId)).toEqual(['vol-0001']);
    const elsewhere = client.send(new DescribeVolumesCommand({ VolumeIds: ['vol-0002'] }));
    await expect(elsewhere).rejects.toMatchObject({
      name: 'InvalidVolume.NotFound',
      message: "The volume 'vol-0002' does not exist.",
    });
  });
});

const find = async (Filters: { Name: string; Values: string[] }[]) => {
  const ids: string[] = [];
  for await (const page of paginateDescribeInstances({ client, pageSize: 5 }, { Filters })) {
    for (const { Instances } of page.Reservations ?? [])
      ids.push(...(Instances ?? []).map(({ InstanceId }) => InstanceId ?? ''));
  }
  return ids;
};

describe('DescribeInstances', () => {
  it('gives the instances of the region, page by page, once each', async () => {
    expect(new Set(await find([])).size).toBe(11);
  });

  it.each([
    ['a tag', [{ Name: 'tag:Env', Values: ['prod'] }], 6],
    ['a tag of any value', [{ Name: 'tag:Env', Values: ['*'] }], 11],
    ['alternatives', [{ Name: 'tag:Name', Values: ['web-1', 'web-1?'] }], 2],
    [
      'two filters',
      [
        { Name: 'tag:Env', Values: ['prod'] },
        { Name: 'instance-state-name', Values: ['running'] },
      ],
      5,
    ],
    ['a tag nobody has', [{ Name: 'tag:None', Values: ['*'] }], 0],
  ])('filters by %s', async (_what, filters, count) => {
    expect(await find(filters)).toHaveLength(count);
  });

  it('shows state and tags, the name among them', async () => {
    const { Reservations } = await client.send(
      new DescribeInstancesCommand({ InstanceIds: ['i-00000000000000000'] }),
    );
    expect(Reservations?.[0]?.Instances?.[0]).toMatchObject({
      State: { Code: 80, Name: 'stopped' },
      Tags: [
        { Key: 'Env', Value: 'prod' },
        { Key: 'Name', Value: 'web-0' },
      ],
    });
  });

  it.each(['colour', 'constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'refuses the filter %s, which it does not know',
    async (Name) => {
      await expect(find([{ Name, Values: ['red'] }])).rejects.toMatchObject({
        name: 'InvalidParameterValue',
      });
    },
  );

  const known = 'i-00000000000000001';
  it.each([
    [['i-none'], "The instance ID 'i-none' does not exist"],
    [[known, 'i-none', 'i-gone'], "The instance IDs 'i-none, i-gone' do not exist"],
  ])('refuses %j, of which one is not there, as AWS does', async (InstanceIds, message) => {
    await expect(client.send(new DescribeInstancesCommand({ InstanceIds }))).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
      message,
      $metadata: { httpStatusCode: 400 },
    });
  });

  it.skipIf(!existsSync(AWS_CLI))(
    `reads well to Debian's aws command (skipped where ${AWS_CLI} is absent)`,
    async () => {
      const { stdout } = await promisify(execFile)(
        AWS_CLI,
        [
          'ec2',
          'describe-instances',
          '--endpoint-url',
          server.endpoint,
          '--query',
          'length(Reservations)',
          '--no-paginate',
        ],
        {
          env: {
            PATH: '/usr/bin:/bin',
            AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
            AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
            AWS_DEFAULT_REGION: 'us-east-1',
            AWS_EC2_METADATA_DISABLED: 'true',
          },
        },
      );
      expect(stdout.trim()).toBe('11');
    },
  );
});

describe('DescribeRegions', () => {
  const list = async (input: object) => {
    const { Regions = [] } = await client.send(new DescribeRegionsCommand(input));
    return Regions.map(({ RegionName }) => RegionName);
  };
  it.each([
    [{ RegionNames: ['eu-west-1', 'us-east-1'] }, ['eu-west-1', 'us-east-1']],
    [{ Filters: [{ Name: 'region-name', Values: ['ca-*'] }] }, ['ca-central-1', 'ca-west-1']],
    [{ Filters: [{ Name: 'endpoint', Values: ['*sa-east*'] }] }, ['sa-east-1']],
    [{ Filters: [{ Name: 'opt-in-status', Values: ['not-opted-in'] }] }, []],
    [
      { RegionNames: ['eu-west-1', 'us-east-1'], Filters: [{ Name: 'region-name', Values: ['us-*'] }] },
      ['us-east-1'],
    ],
  ])('of %j are %j', async (input, regions) => {
    expect(await list(input)).toEqual(regions);
  });

  it.each([
    [{ RegionNames: ['mars-1'] }, 'mars-1'],
    [{ RegionNames: ['constructor'] }, 'constructor'],
    [{ Filters: [{ Name: 'tag:Name', Values: ['*'] }] }, 'tag:Name'],
    [{ Filters: [{ Name: 'toString', Values: ['*'] }] }, 'toString'],
  ])('refuses %j', async (input, named) => {
    await expect(list(input)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(list(input)).rejects.toThrow(named);
  });
});

describe('DescribeTags', () => {
  it('gives each tag of each instance, by key and value', async () => {
    const tags: string[] = [];
    const Filters = [
      { Name: 'key', Values: ['Env'] },
      { Name: 'value', Values: ['d*'] },
    ];
    for await (const page of paginateDescribeTags({ client, pageSize: 5 }, { Filters })) {
      for (const { Key, Value } of page.Tags ?? []) tags.push(`${Key ?? ''}=${Value ?? ''}`);
    }
    expect(tags).toEqual(Array<string>(5).fill('Env=dev'));
  });
});

describe('A pattern', () => {
  it.each([
    ['*', '', true],
    ['a*b*c', 'aXbXbc', true],
    ['a*b', 'ac', false],
    ['?', '', false],
    ['a?c', 'abc', true],
    ['*'.repeat(50) + 'b', 'a'.repeat(5000), false],
  ])('%s on %s is %s', (pattern, text, expected) => {
    expect(matchPattern(pattern, text)).toBe(expected);
  });
});
