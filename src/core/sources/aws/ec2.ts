/** EC2's instances and volumes, with their names, tags and states. */
import type { EC2Client, Instance, Tag, Volume } from '@aws-sdk/client-ec2';
import type { FoundResource } from '../source.ts';

const PAGE = 1000;
/** A region with more is listed in part, and says so. */
const MOST_PAGES = 100;

export async function listInstances(
  client: EC2Client,
  region: string,
  signal: AbortSignal,
): Promise<FoundResource[]> {
  const { paginateDescribeInstances } = await import('@aws-sdk/client-ec2');
  const found: FoundResource[] = [];
  let pages = 0;
  const pager = paginateDescribeInstances(
    { client, pageSize: PAGE },
    { MaxResults: PAGE },
    { abortSignal: signal },
  );
  for await (const { Reservations = [] } of pager) {
    for (const { Instances = [] } of Reservations) {
      for (const instance of Instances) found.push(...toInstance(instance, region));
    }
    if (++pages >= MOST_PAGES) throw new Error(`more than ${MOST_PAGES * PAGE} instances`);
  }
  return found;
}

export async function listVolumes(
  client: EC2Client,
  region: string,
  signal: AbortSignal,
): Promise<FoundResource[]> {
  const { paginateDescribeVolumes } = await import('@aws-sdk/client-ec2');
  const found: FoundResource[] = [];
  let pages = 0;
  const pager = paginateDescribeVolumes(
    { client, pageSize: PAGE },
    { MaxResults: PAGE },
    { abortSignal: signal },
  );
  for await (const { Volumes = [] } of pager) {
    for (const volume of Volumes) found.push(...toVolume(volume, region));
    if (++pages >= MOST_PAGES) throw new Error(`more than ${MOST_PAGES * PAGE} volumes`);
  }
  return found;
}

function toInstance(
  { InstanceId, State, Tags, InstanceType, LaunchTime }: Instance,
  region: string,
): FoundResource[] {
  if (InstanceId === undefined) return [];
  return [
    {
      region,
      type: 'AWS::EC2::Instance',
      namespace: 'AWS/EC2',
      resourceId: InstanceId,
      name: findName(Tags),
      state: State?.Name ?? null,
      tags: readTags(Tags),
      sizeRank: rankInstanceType(InstanceType ?? ''),
      startedMs: LaunchTime?.getTime() ?? null,
    },
  ];
}

function toVolume({ VolumeId, State, Tags, Size, CreateTime }: Volume, region: string): FoundResource[] {
  if (VolumeId === undefined) return [];
  return [
    {
      region,
      type: 'AWS::EC2::Volume',
      namespace: 'AWS/EBS',
      resourceId: VolumeId,
      name: findName(Tags),
      state: State ?? null,
      tags: readTags(Tags),
      sizeRank: Size ?? 0,
      startedMs: CreateTime?.getTime() ?? null,
    },
  ];
}

const SIZES = ['nano', 'micro', 'small', 'medium', 'large', 'xlarge'];

/** How large the second half of an instance type says it is: m5.large is 4, m5.xlarge 8, m5.2xlarge 16, metal most. */
export function rankInstanceType(type: string): number {
  const size = type.slice(type.indexOf('.') + 1);
  const times = /^(\d+)xlarge$/.exec(size)?.[1];
  if (times !== undefined) return 8 * Number(times);
  if (size.startsWith('metal')) return 1024;
  const place = SIZES.indexOf(size);
  return place === -1 ? 0 : 2 ** (place - 2);
}

function findName(tags: readonly Tag[] | undefined): string | null {
  return tags?.find(({ Key }) => Key === 'Name')?.Value ?? null;
}

function readTags(tags: readonly Tag[] = []): { key: string; value: string }[] {
  return tags.flatMap(({ Key, Value = '' }) => (Key === undefined ? [] : [{ key: Key, value: Value }]));
}
