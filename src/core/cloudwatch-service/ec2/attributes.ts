/** What is known of a resource beside its id, state and tags: by the names of EC2's filters, shown by those of its XML. */
import { listAttributeNames, type ResourceAttributes } from '../../sources/resource-attributes.ts';
import { list, string, structure, type Infer } from '../model/shape.ts';
import type { InstanceFilter, KnownInstance } from './instance-filters.ts';

/** Of one value each. */
const INSTANCE_TEXTS = {
  dnsName: 'dns-name',
  imageId: 'image-id',
  instanceLifecycle: 'instance-lifecycle',
  instanceType: 'instance-type',
  ipAddress: 'ip-address',
  keyName: 'key-name',
  privateDnsName: 'private-dns-name',
  privateIpAddress: 'private-ip-address',
  rootDeviceType: 'root-device-type',
  subnetId: 'subnet-id',
  virtualizationType: 'virtualization-type',
  vpcId: 'vpc-id',
} as const;
const VOLUME_TEXTS = { snapshotId: 'snapshot-id', volumeType: 'volume-type' } as const;

type Texts<Table> = { readonly [Name in keyof Table]: typeof string };
const nameTexts = <Table extends object>(table: Table): Texts<Table> =>
  Object.fromEntries(Object.keys(table).map((name) => [name, string])) as Texts<Table>; // a text for each name

export const INSTANCE_ATTRIBUTES = {
  ...nameTexts(INSTANCE_TEXTS),
  placement: structure({ availabilityZone: string, groupName: string }),
  groupSet: list(structure({ groupId: string, groupName: string })),
  iamInstanceProfile: structure({ arn: string }),
} as const;
export const VOLUME_ATTRIBUTES = {
  ...nameTexts(VOLUME_TEXTS),
  availabilityZone: string,
  attachmentSet: list(structure({ volumeId: string, instanceId: string, status: string })),
} as const;

type Shown<Members extends Parameters<typeof structure>[0]> = Infer<{
  readonly kind: 'structure';
  readonly members: Members;
}>;

/** @param stored as the inventory keeps it */
export function readAttributes(stored: unknown): ResourceAttributes {
  if (typeof stored !== 'object' || stored === null) return {};
  return Object.fromEntries(
    Object.entries(stored).filter((entry): entry is [string, string[]] => isTexts(entry[1])),
  );
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** A filter for each attribute resources of the type have; one that lists no zone is found by its region. */
export function listAttributeFilters(type: string): Readonly<Record<string, InstanceFilter>> {
  const filters = listAttributeNames(type).map((name): [string, InstanceFilter] => [
    name,
    ({ attributes }) => attributes[name] ?? [],
  ]);
  return { ...Object.fromEntries(filters), 'availability-zone': (known) => [findZone(known)] };
}

function findZone({ attributes, region }: KnownInstance): string {
  return readOne(attributes, 'availability-zone') ?? region;
}

function readOne(attributes: ResourceAttributes, name: string): string | undefined {
  return attributes[name]?.[0];
}

function showTexts(
  attributes: ResourceAttributes,
  table: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(table).flatMap(([shown, name]) => {
      const value = readOne(attributes, name);
      return value === undefined ? [] : [[shown, value]];
    }),
  );
}

export function showInstanceAttributes(known: KnownInstance): Shown<typeof INSTANCE_ATTRIBUTES> {
  const { attributes } = known;
  const groupNames = attributes['group-name'] ?? [];
  const groups = (attributes['group-id'] ?? []).map((groupId, i) => ({ groupId, groupName: groupNames[i] }));
  const arn = readOne(attributes, 'iam-instance-profile.arn');
  return {
    ...showTexts(attributes, INSTANCE_TEXTS),
    placement: { availabilityZone: findZone(known), groupName: readOne(attributes, 'placement-group-name') },
    ...(groups.length > 0 && { groupSet: groups }),
    ...(arn !== undefined && { iamInstanceProfile: { arn } }),
  };
}

export function showVolumeAttributes(known: KnownInstance): Shown<typeof VOLUME_ATTRIBUTES> {
  const { attributes, id } = known;
  const instances = attributes['attachment.instance-id'] ?? [];
  return {
    ...showTexts(attributes, VOLUME_TEXTS),
    availabilityZone: findZone(known),
    ...(instances.length > 0 && {
      attachmentSet: instances.map((instanceId) => ({ volumeId: id, instanceId, status: 'attached' })),
    }),
  };
}
