/**
 * What resources can be chosen by beside their tags, under the names of EC2's own filters. Names of one word
 * (architecture, platform, …) are left out: under those people keep tags.
 */

/** By their names, the values a resource has: one of most, several of groups and attachments. */
export type ResourceAttributes = Readonly<Record<string, readonly string[]>>;

const OF_BOTH = ['availability-zone', 'tag-key'] as const;

/** Of each type, all that may be asked. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'AWS::EC2::Instance': [
    ...OF_BOTH,
    'dns-name',
    'group-id',
    'group-name',
    'iam-instance-profile.arn',
    'image-id',
    'instance-id',
    'instance-lifecycle',
    'instance-state-name',
    'instance-type',
    'instance.group-id',
    'instance.group-name',
    'ip-address',
    'key-name',
    'placement-group-name',
    'private-dns-name',
    'private-ip-address',
    'root-device-type',
    'subnet-id',
    'virtualization-type',
    'vpc-id',
  ],
  'AWS::EC2::Volume': [...OF_BOTH, 'attachment.instance-id', 'snapshot-id', 'volume-id', 'volume-type'],
};
const ALL: ReadonlySet<string> = new Set(Object.values(NAMES).flat());

export function isAttributeName(name: string): boolean {
  return ALL.has(name);
}

/** @param type null for every type */
export function listAttributeNames(type: string | null): readonly string[] {
  return type === null ? [...ALL] : (NAMES[type] ?? []);
}
