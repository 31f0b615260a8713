/** EC2's DescribeVolumes, answered as DescribeInstances is. Members are named as EC2's XML names them. */
import { listAttributeFilters, showVolumeAttributes, VOLUME_ATTRIBUTES } from './attributes.ts';
import { CloudwatchError, showValue } from '../model/cloudwatch-error.ts';
import {
  checkFilters,
  FILTER_SHAPE,
  findAmongTagged,
  type InstanceFilter,
  type KnownInstance,
} from './instance-filters.ts';
import { cutPage, listAbsent, readKnown, TAG_SHAPE } from './instances.ts';
import type { OperationContext } from '../model/operation.ts';
import { integer, list, string, structure, timestamp, type Infer } from '../model/shape.ts';

export const DESCRIBE_VOLUMES_INPUT = structure({
  Filter: list(FILTER_SHAPE),
  VolumeId: list(string),
  MaxResults: integer,
  NextToken: string,
});
const VOLUME_SHAPE = structure({
  volumeId: string,
  status: string,
  ...VOLUME_ATTRIBUTES,
  size: integer,
  createTime: timestamp,
  tagSet: list(TAG_SHAPE),
});
export const DESCRIBE_VOLUMES_OUTPUT = structure({ volumeSet: list(VOLUME_SHAPE), nextToken: string });

const VOLUME_TYPE = 'AWS::EC2::Volume';
const DEFAULT_STATE = 'available';

const VOLUME_FILTERS: Readonly<Record<string, InstanceFilter>> = {
  ...listAttributeFilters(VOLUME_TYPE),
  'volume-id': ({ id }) => [id],
  status: ({ state }) => [state],
  'tag-key': ({ tags }) => tags.map(({ key }) => key),
  'tag-value': ({ tags }) => tags.map(({ value }) => value),
};

/** @throws CloudwatchError for a filter there is not, a volume there is not, a bad page */
export async function describeVolumes(
  input: Infer<typeof DESCRIBE_VOLUMES_INPUT>,
  context: OperationContext,
): Promise<Infer<typeof DESCRIBE_VOLUMES_OUTPUT>> {
  const fits = checkFilters(input.Filter, findAmongTagged(VOLUME_FILTERS));
  const ids = new Set(input.VolumeId ?? []);
  const known = await readKnown(context, VOLUME_TYPE, DEFAULT_STATE);
  const [absent] = listAbsent(ids, known);
  if (absent !== undefined) {
    throw new CloudwatchError('InvalidVolume', `The volume '${showValue(absent)}' does not exist.`);
  }
  const found = known.filter((volume) => (ids.size === 0 || ids.has(volume.id)) && fits(volume));
  const { page, next } = cutPage(found, input, context.accountId);
  return { volumeSet: page.map(showVolume), ...next };
}

function showVolume(known: KnownInstance): Infer<typeof VOLUME_SHAPE> {
  const { id, state, tags, startedAt, sizeRank } = known;
  return {
    volumeId: id,
    status: state,
    ...showVolumeAttributes(known),
    ...(sizeRank > 0 && { size: sizeRank }),
    ...(startedAt !== null && { createTime: startedAt }),
    tagSet: tags,
  };
}
