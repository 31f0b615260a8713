/** TagResource, UntagResource, ListTagsForResource, and the tags given when something is put. */
import type { Prisma } from '../../../generated/prisma/client.ts';
import { nameAccount, readArn, type NamedResource } from '../model/arn.ts';
import { CloudwatchError, invalid } from '../model/cloudwatch-error.ts';
import type { OperationContext } from '../model/operation.ts';
import type { Infer } from '../model/shape.ts';
import type {
  LIST_TAGS_INPUT,
  LIST_TAGS_OUTPUT,
  TAG_RESOURCE_INPUT,
  Tags,
  UNTAG_RESOURCE_INPUT,
} from './tag-shapes.ts';

type Nothing = Readonly<Record<string, never>>;
type Transaction = Prisma.TransactionClient;

/** AWS' bound of one resource. */
const MAX_TAGS = 50;

/** Under which the tags of a resource are kept. */
export function nameTagged({ kind, name }: Pick<NamedResource, 'kind' | 'name'>): string {
  return kind === 'alarm' ? `alarm:${name}` : `dashboard/${name}`;
}

/** @throws CloudwatchError for a key given twice, one of AWS' own, or too many */
export function checkTags(
  tags: Tags | undefined,
): readonly { readonly key: string; readonly value: string }[] {
  const checked = (tags ?? []).map(({ Key = '', Value = '' }) => ({ key: Key, value: Value }));
  const keys = new Set(checked.map(({ key }) => key));
  if (keys.size < checked.length) throw invalid('Tags', checked.length, 'A key may be given once.');
  const reserved = [...keys].find((key) => key.toLowerCase().startsWith('aws:'));
  if (reserved !== undefined) throw invalid('Tags', reserved, 'Keys that begin with aws: are reserved.');
  if (checked.length > MAX_TAGS) throw invalid('Tags', checked.length, `There may be ${MAX_TAGS}.`);
  return checked;
}

/** Gives a resource that is being made its first tags. */
export async function createTags(
  transaction: Transaction,
  accountId: number,
  resource: string,
  tags: ReturnType<typeof checkTags>,
): Promise<void> {
  await transaction.cloudwatchTag.deleteMany({ where: { accountId, resource } });
  await transaction.cloudwatchTag.createMany({ data: tags.map((tag) => ({ accountId, resource, ...tag })) });
}

export async function tagResource(
  input: Infer<typeof TAG_RESOURCE_INPUT>,
  context: OperationContext,
): Promise<Nothing> {
  const { prisma, accountId } = context;
  const resource = await requireResource(input.ResourceARN, context);
  const tags = checkTags(input.Tags);
  await prisma.$transaction(async (transaction) => {
    // In one order, so that two requests with the same keys wait for each other and never in a ring.
    for (const { key, value } of tags.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
      const where = { accountId_resource_key: { accountId, resource, key } };
      const create = { accountId, resource, key, value };
      await transaction.cloudwatchTag.upsert({ where, create, update: { value } });
    }
    const count = await transaction.cloudwatchTag.count({ where: { accountId, resource } });
    if (count > MAX_TAGS) throw invalid('Tags', count, `There may be ${MAX_TAGS}.`);
  });
  return {};
}

export async function untagResource(
  input: Infer<typeof UNTAG_RESOURCE_INPUT>,
  context: OperationContext,
): Promise<Nothing> {
  const { prisma, accountId } = context;
  const resource = await requireResource(input.ResourceARN, context);
  await prisma.cloudwatchTag.deleteMany({
    where: { accountId, resource, key: { in: [...(input.TagKeys ?? [])] } },
  });
  return {};
}

/** Of a resource nobody knows there are none, as on AWS. */
export async function listTagsForResource(
  input: Infer<typeof LIST_TAGS_INPUT>,
  { prisma, accountId }: OperationContext,
): Promise<Infer<typeof LIST_TAGS_OUTPUT>> {
  const named = readOwned(input.ResourceARN, accountId);
  if (named === null) return { Tags: [] };
  const found = await prisma.cloudwatchTag.findMany({
    where: { accountId, resource: nameTagged(named) },
    orderBy: { key: 'asc' },
  });
  return { Tags: found.map(({ key, value }) => ({ Key: key, Value: value })) };
}

function readOwned(arn: string | undefined, accountId: number): NamedResource | null {
  const named = readArn(arn ?? '');
  return named?.accountId === nameAccount(accountId) ? named : null;
}

/** @throws CloudwatchError ResourceNotFoundException where the account has no such alarm or dashboard */
async function requireResource(
  arn: string | undefined,
  { prisma, accountId }: OperationContext,
): Promise<string> {
  const named = readOwned(arn, accountId);
  if (named !== null) {
    const key = { accountId, name: named.name };
    const count =
      named.kind === 'alarm'
        ? await prisma.cloudwatchAlarm.count({ where: key })
        : await prisma.cloudwatchDashboard.count({ where: key });
    if (count > 0) return nameTagged(named);
  }
  throw new CloudwatchError('ResourceNotFoundException', 'Unknown');
}
