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
import { listInstances, listVolumes } from '../../../../src/core/sources/aws/ec2.ts';
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

describe('What is known of resources beside their tags', () => {
  const INSTANCE = {
    'availability-zone': ['eu-central-1b'],
    'group-id': ['sg-1', 'sg-2'],
    'group-name': ['web', 'ssh'],
    'iam-instance-profile.arn': ['arn:aws:iam::1:instance-profile/web'],
    'image-id': ['ami-1'],
    'instance-type': ['m5.large'],
    'private-ip-address': ['10.0.0.7'],
    'subnet-id': ['subnet-1'],
    'vpc-id': ['vpc-1'],
  };
  const VOLUME = { 'attachment.instance-id': ['i-known'], 'volume-type': ['gp3'] };
  let berlin: EC2Client;
  beforeAll(async () => {
    await server.database.prisma.resource.createMany({
      data: (
        [
          ['AWS::EC2::Instance', 'i-known', INSTANCE, 4],
          ['AWS::EC2::Instance', 'i-other', {}, 0],
          ['AWS::EC2::Volume', 'vol-known', VOLUME, 100],
        ] as const
      ).map(([type, resourceId, attributes, sizeRank]) => ({
        datasource: 'CLOUDWATCH' as const,
        region: 'eu-central-1',
        type,
        namespace: type === 'AWS::EC2::Volume' ? 'AWS/EBS' : 'AWS/EC2',
        resourceId,
        tags: [{ key: 'Env', value: resourceId }],
        attributes,
        sizeRank,
        startedAt: new Date('2026-01-05T00:00:00Z'),
      })),
    });
    berlin = new EC2Client({
      endpoint: server.endpoint,
      region: 'eu-central-1',
      credentials: server.credentials,
      maxAttempts: 1,
    });
  });
  afterAll(() => berlin.destroy());

  it('is shown as EC2 shows it, and read by the inventory as it was', async () => {
    const signal = AbortSignal.timeout(60_000);
    const [known, other] = await listInstances(berlin, 'eu-central-1', signal);
    expect(known).toMatchObject({
      resourceId: 'i-known',
      attributes: INSTANCE,
      sizeRank: 4,
      startedMs: Date.parse('2026-01-05T00:00:00Z'),
    });
    expect(other).toMatchObject({
      resourceId: 'i-other',
      attributes: { 'availability-zone': ['eu-central-1'] },
    });
    const [volume] = await listVolumes(berlin, 'eu-central-1', signal);
    expect(volume).toMatchObject({ resourceId: 'vol-known', attributes: VOLUME, sizeRank: 100 });
  });

  it.each([
    ['instance-type', 'm5.*', ['i-known']],
    ['availability-zone', 'eu-central-1b', ['i-known']],
    ['availability-zone', 'eu-central-1', ['i-other']],
    ['group-name', 'ssh', ['i-known']],
    ['instance.group-id', 'sg-1', []],
    ['vpc-id', 'vpc-2', []],
    ['tag-value', 'i-o*', ['i-other']],
  ])('%s finds %s', async (Name, value, ids) => {
    const { Reservations = [] } = await berlin.send(
      new DescribeInstancesCommand({ Filters: [{ Name, Values: [value] }] }),
    );
    expect(Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId: id }) => id))).toEqual(
      ids,
    );
  });

  it.each([
    ['attachment.instance-id', 'i-known', 1],
    ['volume-type', 'gp2', 0],
    ['status', 'available', 1],
  ])('of volumes %s finds %s: %d', async (Name, value, count) => {
    const { Volumes = [] } = await berlin.send(
      new DescribeVolumesCommand({ Filters: [{ Name, Values: [value] }] }),
    );
    expect(Volumes).toHaveLength(count);
  });
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
