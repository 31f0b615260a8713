/**
 * EC2's DescribeInstances and DescribeTags, answered from the resources Lapwing knows, so that what finds metrics
 * through EC2 also works against this service. Members are named as EC2's XML names them.
 */
import type { Resource } from '../../../generated/prisma/client.ts';
import { FIRST_ACCOUNT } from '../accounts.ts';
import {
  INSTANCE_ATTRIBUTES,
  listAttributeFilters,
  readAttributes,
  showInstanceAttributes,
} from './attributes.ts';
import { CloudwatchError } from '../model/cloudwatch-error.ts';
import {
  checkFilters,
  FILTER_SHAPE,
  findAmongTagged,
  type InstanceFilter,
  type KnownInstance,
} from './instance-filters.ts';
import type { OperationContext } from '../model/operation.ts';
import { checkMaxResults, openPage } from '../model/page-token.ts';
import { integer, list, string, structure, timestamp, type Infer } from '../model/shape.ts';

export const TAG_SHAPE = structure({ key: string, value: string });
export const DESCRIBE_INSTANCES_INPUT = structure({
  Filter: list(FILTER_SHAPE),
  InstanceId: list(string),
  MaxResults: integer,
  NextToken: string,
});
const INSTANCE_SHAPE = structure({
  instanceId: string,
  instanceState: structure({ code: integer, name: string }),
  ...INSTANCE_ATTRIBUTES,
  launchTime: timestamp,
  tagSet: list(TAG_SHAPE),
});
export const DESCRIBE_INSTANCES_OUTPUT = structure({
  reservationSet: list(
    structure({ reservationId: string, ownerId: string, instancesSet: list(INSTANCE_SHAPE) }),
  ),
  nextToken: string,
});
export const DESCRIBE_TAGS_INPUT = structure({
  Filter: list(FILTER_SHAPE),
  MaxResults: integer,
  NextToken: string,
});
export const DESCRIBE_TAGS_OUTPUT = structure({
  tagSet: list(structure({ resourceId: string, resourceType: string, key: string, value: string })),
  nextToken: string,
});

const INSTANCE_TYPE = 'AWS::EC2::Instance';
/** Instances looked at; a server that knows more shows the first of them. */
const MAX_INSTANCES = 10_000;
const MAX_RESULTS = 1_000;
/** EC2's codes; a state Lapwing does not know counts as running. */
const STATE_CODES: Readonly<Record<string, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};
const DEFAULT_STATE = 'running';

/** Of the region the request is signed for; `self` stands for every region. Other accounts than the first own none. */
export async function readKnown(
  context: OperationContext,
  type: string,
  usualState: string,
): Promise<readonly KnownInstance[]> {
  const { prisma, accountId, region } = context;
  const owner = await prisma.cloudwatchAccount.findUnique({ where: { name: FIRST_ACCOUNT } });
  if (owner?.id !== accountId) return [];
  const rows = await prisma.resource.findMany({
    where: { type, ...(region !== 'self' && { region }) },
    orderBy: [{ resourceId: 'asc' }, { region: 'asc' }],
    take: MAX_INSTANCES,
  });
  return rows.map((row) => readRow(row, usualState));
}

function readInstances(context: OperationContext): Promise<readonly KnownInstance[]> {
  return readKnown(context, INSTANCE_TYPE, DEFAULT_STATE);
}

function readRow(row: Resource, usualState: string): KnownInstance {
  const { resourceId, state, region, tags, name, startedAt, sizeRank } = row;
  const known = Array.isArray(tags) ? tags.filter(isTag) : [];
  const named = name === null || known.some(({ key }) => key === 'Name');
  return {
    id: resourceId,
    state: state ?? usualState,
    region,
    tags: named ? known : [...known, { key: 'Name', value: name }],
    attributes: readAttributes(row.attributes),
    startedAt,
    sizeRank,
  };
}

function isTag(tag: unknown): tag is { key: string; value: string } {
  if (typeof tag !== 'object' || tag === null || !('key' in tag) || !('value' in tag)) return false;
  return typeof tag.key === 'string' && typeof tag.value === 'string';
}

/** Characters of ids a message may show. */
const MAX_SHOWN = 1_000;

export function listAbsent(ids: ReadonlySet<string>, known: readonly KnownInstance[]): readonly string[] {
  const found = new Set(known.map(({ id }) => id));
  return [...ids].filter((id) => !found.has(id));
}

/** @throws CloudwatchError for a size beyond 1,000 or a token of another question */
export function cutPage<T>(
  items: readonly T[],
  input: Parameters<typeof openPage>[0],
  accountId: number,
): { page: readonly T[]; next: { nextToken?: string } } {
  const size = checkMaxResults(input.MaxResults, MAX_RESULTS);
  const { after: start, paging } = openPage(input, accountId);
  const end = start + size;
  return {
    page: items.slice(start, end),
    next: end < items.length ? { nextToken: paging.write(String(end)) } : {},
  };
}

export async function describeInstances(
  input: Infer<typeof DESCRIBE_INSTANCES_INPUT>,
  context: OperationContext,
): Promise<Infer<typeof DESCRIBE_INSTANCES_OUTPUT>> {
  const fits = checkFilters(input.Filter, findAmongTagged(INSTANCE_FILTERS));
  const ids = new Set(input.InstanceId ?? []);
  const known = await readInstances(context);
  const absent = listAbsent(ids, known);
  if (absent.length > 0) {
    const [noun, verb] = absent.length === 1 ? ['ID', 'does'] : ['IDs', 'do'];
    const message = `The instance ${noun} '${absent.join(', ').slice(0, MAX_SHOWN)}' ${verb} not exist`;
    throw new CloudwatchError('InvalidInstanceID', message);
  }
  const found = known.filter((instance) => (ids.size === 0 || ids.has(instance.id)) && fits(instance));
  const { page, next } = cutPage(found, input, context.accountId);
  return {
    reservationSet: page.map((instance) => ({
      reservationId: instance.id.replace(/^i-/, 'r-'),
      ownerId: String(context.accountId).padStart(12, '0'),
      instancesSet: [showInstance(instance)],
    })),
    ...next,
  };
}

const INSTANCE_FILTERS: Readonly<Record<string, InstanceFilter>> = {
  ...listAttributeFilters(INSTANCE_TYPE),
  'instance-id': ({ id }) => [id],
  'instance-state-name': ({ state }) => [state],
  'instance-state-code': ({ state }) => [String(STATE_CODES[state] ?? STATE_CODES[DEFAULT_STATE])],
  'tag-key': ({ tags }) => tags.map(({ key }) => key),
  'tag-value': ({ tags }) => tags.map(({ value }) => value),
};

function showInstance(known: KnownInstance): Infer<typeof INSTANCE_SHAPE> {
  const { id, state, tags, startedAt } = known;
  const code = STATE_CODES[state];
  return {
    instanceId: id,
    instanceState: code === undefined ? { code: 16, name: DEFAULT_STATE } : { code, name: state },
    ...showInstanceAttributes(known),
    ...(startedAt !== null && { launchTime: startedAt }),
    tagSet: tags,
  };
}

/** Of instances, then of volumes. */
export async function describeTags(
  input: Infer<typeof DESCRIBE_TAGS_INPUT>,
  context: OperationContext,
): Promise<Infer<typeof DESCRIBE_TAGS_OUTPUT>> {
  const fits = checkFilters(input.Filter, findAmongTagged(TAG_FILTERS));
  const found: { readonly resourceId: string; readonly resourceType: string; key: string; value: string }[] =
    [];
  for (const [type, resourceType] of TAGGED_TYPES) {
    for (const known of await readKnown(context, type, DEFAULT_STATE)) {
      for (const tag of known.tags) {
        // Filters are of single tags here: each is asked as if it were its resource's only one.
        const isWanted = fits({ ...known, tags: [tag], attributes: { [RESOURCE_TYPE]: [resourceType] } });
        if (isWanted) found.push({ resourceId: known.id, resourceType, ...tag });
      }
    }
  }
  const { page, next } = cutPage(found, input, context.accountId);
  return { tagSet: page, ...next };
}

/** By the names DescribeTags has for them. */
const TAGGED_TYPES = [
  [INSTANCE_TYPE, 'instance'],
  ['AWS::EC2::Volume', 'volume'],
] as const;
const RESOURCE_TYPE = 'resource-type';

const TAG_FILTERS: Readonly<Record<string, InstanceFilter>> = {
  'resource-id': ({ id }) => [id],
  [RESOURCE_TYPE]: ({ attributes }) => attributes[RESOURCE_TYPE] ?? [],
  key: ({ tags }) => tags.map(({ key }) => key),
  value: ({ tags }) => tags.map(({ value }) => value),
};
