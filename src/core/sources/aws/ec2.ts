/** EC2's instances and volumes, with their names, tags and states. */
import type { EC2Client, Instance, Tag, Volume } from '@aws-sdk/client-ec2';
import { SourceUnavailableError } from '../../../errors.ts';
import type { ResourceAttributes } from '../resource-attributes.ts';
import type { FoundResource } from '../source.ts';

const PAGE = 1000;
/** A region with more is listed in part, and says so. */
const MAX_PAGES = 100;

export async function listInstances(
  client: EC2Client,
  region: string,
  abortSignal: AbortSignal,
): Promise<FoundResource[]> {
  const { paginateDescribeInstances } = await import('@aws-sdk/client-ec2');
  const pages = paginateDescribeInstances({ client, pageSize: PAGE }, { MaxResults: PAGE }, { abortSignal });
  return collect(pages, 'instances', ({ Reservations }) =>
    requireList('reservationSet', Reservations)
      .flatMap(({ Instances = [] }) => Instances)
      .flatMap((instance) => toInstance(instance, region)),
  );
}

export async function listVolumes(
  client: EC2Client,
  region: string,
  abortSignal: AbortSignal,
): Promise<FoundResource[]> {
  const { paginateDescribeVolumes } = await import('@aws-sdk/client-ec2');
  const pages = paginateDescribeVolumes({ client, pageSize: PAGE }, { MaxResults: PAGE }, { abortSignal });
  return collect(pages, 'volumes', ({ Volumes }) =>
    requireList('volumeSet', Volumes).flatMap((volume) => toVolume(volume, region)),
  );
}

/**
 * EC2 sends an empty list where there is nothing. An answer without one is not of EC2, but a page of a proxy or an empty
 * body with status 200, which the SDK takes for an answer: by it everything would be gone.
 */
function requireList<T>(element: string, list: readonly T[] | undefined): readonly T[] {
  if (list !== undefined) return list;
  throw new SourceUnavailableError(
    `EC2: the answer has no ${element}: check the endpoint, and proxies in between`,
  );
}

async function collect<Page>(
  pages: AsyncIterable<Page>,
  what: string,
  read: (page: Page) => readonly FoundResource[],
): Promise<FoundResource[]> {
  const found: FoundResource[] = [];
  let count = 0;
  for await (const page of pages) {
    found.push(...read(page));
    if (++count >= MAX_PAGES) throw new Error(`more than ${MAX_PAGES * PAGE} ${what}`);
  }
  return found;
}

function toInstance(instance: Instance, region: string): FoundResource[] {
  const { InstanceId: resourceId, State, Tags, InstanceType, LaunchTime } = instance;
  if (resourceId === undefined) return [];
  return [
    {
      region,
      type: 'AWS::EC2::Instance',
      namespace: 'AWS/EC2',
      resourceId,
      ...describeTags(Tags),
      state: State?.Name ?? null,
      attributes: readInstance(instance),
      sizeRank: rankInstanceType(InstanceType ?? ''),
      startedMs: LaunchTime?.getTime() ?? null,
    },
  ];
}

function toVolume(volume: Volume, region: string): FoundResource[] {
  const { VolumeId: resourceId, State, Tags, Size, CreateTime } = volume;
  if (resourceId === undefined) return [];
  return [
    {
      region,
      type: 'AWS::EC2::Volume',
      namespace: 'AWS/EBS',
      resourceId,
      ...describeTags(Tags),
      state: State ?? null,
      attributes: readVolume(volume),
      sizeRank: Size ?? 0,
      startedMs: CreateTime?.getTime() ?? null,
    },
  ];
}

/** Id, state and tags have columns of their own. */
function readInstance(instance: Instance): ResourceAttributes {
  const groups = instance.SecurityGroups ?? [];
  const groupIds = groups.map(({ GroupId }) => GroupId);
  const groupNames = groups.map(({ GroupName }) => GroupName);
  return dropAbsent({
    'availability-zone': [instance.Placement?.AvailabilityZone],
    'dns-name': [instance.PublicDnsName],
    'group-id': groupIds,
    'group-name': groupNames,
    'iam-instance-profile.arn': [instance.IamInstanceProfile?.Arn],
    'image-id': [instance.ImageId],
    'instance-lifecycle': [instance.InstanceLifecycle],
    'instance-type': [instance.InstanceType],
    'instance.group-id': groupIds,
    'instance.group-name': groupNames,
    'ip-address': [instance.PublicIpAddress],
    'key-name': [instance.KeyName],
    'placement-group-name': [instance.Placement?.GroupName],
    'private-dns-name': [instance.PrivateDnsName],
    'private-ip-address': [instance.PrivateIpAddress],
    'root-device-type': [instance.RootDeviceType],
    'subnet-id': [instance.SubnetId],
    'virtualization-type': [instance.VirtualizationType],
    'vpc-id': [instance.VpcId],
  });
}

function readVolume(volume: Volume): ResourceAttributes {
  return dropAbsent({
    'attachment.instance-id': (volume.Attachments ?? []).map(({ InstanceId }) => InstanceId),
    'availability-zone': [volume.AvailabilityZone],
    'snapshot-id': [volume.SnapshotId],
    'volume-type': [volume.VolumeType],
  });
}

/** EC2 writes an empty text for what an instance does not have. */
function dropAbsent(
  attributes: Readonly<Record<string, readonly (string | undefined)[]>>,
): ResourceAttributes {
  const given = Object.entries(attributes).map(
    ([name, values]) =>
      [name, values.filter((value): value is string => value !== undefined && value !== '')] as const,
  );
  return Object.fromEntries(given.filter(([, values]) => values.length > 0));
}

const SIZES = ['nano', 'micro', 'small', 'medium', 'large', 'xlarge'];

/** How large the second half of an instance type says it is: m5.large is 4, m5.xlarge 8, m5.2xlarge 16, metal most. */
function rankInstanceType(type: string): number {
  const size = type.slice(type.indexOf('.') + 1);
  const times = /^(\d+)xlarge$/.exec(size)?.[1];
  if (times !== undefined) return 8 * Number(times);
  if (size.startsWith('metal')) return 1024;
  const place = SIZES.indexOf(size);
  return place === -1 ? 0 : 2 ** (place - 2);
}

function describeTags(given: readonly Tag[] = []): Pick<FoundResource, 'name' | 'tags'> {
  const tags = given.flatMap(({ Key, Value = '' }) =>
    Key === undefined ? [] : [{ key: Key, value: Value }],
  );
  const name = given.find(({ Key }) => Key === 'Name')?.Value ?? '';
  // A tag may be empty, and often is where a template leaves it to be filled in.
  return { name: name.trim() === '' ? null : name, tags };
}
