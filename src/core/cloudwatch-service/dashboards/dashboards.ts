/** PutDashboard, GetDashboard, ListDashboards, DeleteDashboards: bodies are kept as they are put. */
import { nameDashboardArn } from '../model/arn.ts';
import { beginsWith } from '../model/begins-with.ts';
import { CloudwatchError } from '../model/cloudwatch-error.ts';
import type { OperationContext } from '../model/operation.ts';
import { createPaging } from '../model/page-token.ts';
import { integer, list, string, structure, timestamp, type Infer } from '../model/shape.ts';
import { TAGS_SHAPE } from '../tags/tag-shapes.ts';
import { checkTags, createTags, nameTagged } from '../tags/tags.ts';
import { checkDashboardBody, VALIDATION_MESSAGES_SHAPE } from './check-dashboard.ts';

export const PUT_DASHBOARD_INPUT = structure(
  { DashboardName: string, DashboardBody: string, Tags: TAGS_SHAPE },
  ['DashboardName', 'DashboardBody'],
);
export const PUT_DASHBOARD_OUTPUT = structure({ DashboardValidationMessages: VALIDATION_MESSAGES_SHAPE });
export const GET_DASHBOARD_INPUT = structure({ DashboardName: string }, ['DashboardName']);
export const GET_DASHBOARD_OUTPUT = structure({
  DashboardArn: string,
  DashboardBody: string,
  DashboardName: string,
});
export const LIST_DASHBOARDS_INPUT = structure({ DashboardNamePrefix: string, NextToken: string });
export const LIST_DASHBOARDS_OUTPUT = structure({
  DashboardEntries: list(
    structure({ DashboardName: string, DashboardArn: string, LastModified: timestamp, Size: integer }),
  ),
  NextToken: string,
});
export const DELETE_DASHBOARDS_INPUT = structure({ DashboardNames: list(string) }, ['DashboardNames']);

const NAME = /^[A-Za-z0-9_-]{1,255}$/;
const MAX_LISTED = 1_000;
/** AWS' bound of an account. */
const MAX_DASHBOARDS = 5_000;

export async function putDashboard(
  input: Infer<typeof PUT_DASHBOARD_INPUT>,
  { prisma, accountId, now }: OperationContext,
): Promise<Infer<typeof PUT_DASHBOARD_OUTPUT>> {
  const { DashboardName: name = '', DashboardBody: body = '' } = input;
  if (!NAME.test(name)) {
    throw new CloudwatchError(
      'InvalidParameterInput',
      `The value ${name.slice(0, 255)} for field DashboardName contains invalid characters. It can only contain ` +
        'alphanumerics, dash (-) and underscore (_).',
    );
  }
  checkDashboardBody(body);
  const tags = checkTags(input.Tags);
  const key = { accountId_name: { accountId, name } };
  await prisma.$transaction(async (transaction) => {
    const known = await transaction.cloudwatchDashboard.count({ where: { accountId, name } });
    const isNew = known === 0;
    if (isNew && (await transaction.cloudwatchDashboard.count({ where: { accountId } })) >= MAX_DASHBOARDS) {
      throw new CloudwatchError('LimitExceeded', `The account has ${MAX_DASHBOARDS} dashboards.`);
    }
    const content = { body, updatedAt: now() };
    await transaction.cloudwatchDashboard.upsert({
      where: key,
      create: { accountId, name, ...content },
      update: content,
    });
    // Behind the dashboard: who puts the same one meanwhile waits there, and finds these tags.
    if (isNew) await createTags(transaction, accountId, nameTagged({ kind: 'dashboard', name }), tags);
  });
  return { DashboardValidationMessages: [] };
}

export async function getDashboard(
  { DashboardName: name = '' }: Infer<typeof GET_DASHBOARD_INPUT>,
  { prisma, accountId }: OperationContext,
): Promise<Infer<typeof GET_DASHBOARD_OUTPUT>> {
  const found = await prisma.cloudwatchDashboard.findUnique({
    where: { accountId_name: { accountId, name } },
  });
  if (found === null) throw new CloudwatchError('DashboardNotFound', `Dashboard ${name} does not exist`);
  return { DashboardArn: nameDashboardArn(accountId, name), DashboardBody: found.body, DashboardName: name };
}

/** By name. */
export async function listDashboards(
  input: Infer<typeof LIST_DASHBOARDS_INPUT>,
  { prisma, accountId }: OperationContext,
): Promise<Infer<typeof LIST_DASHBOARDS_OUTPUT>> {
  const { DashboardNamePrefix: prefix = '', NextToken: token } = input;
  const refuse = () => new CloudwatchError('InvalidParameterValue', 'Invalid nextToken');
  const paging = createPaging(accountId, { prefix }, refuse);
  const after = token === undefined ? '' : paging.read(token);
  const found = await prisma.cloudwatchDashboard.findMany({
    where: { accountId, AND: [{ name: beginsWith(prefix) }, { name: { gt: after } }] },
    orderBy: { name: 'asc' },
    take: MAX_LISTED + 1,
  });
  const page = found.slice(0, MAX_LISTED);
  const last = page.at(-1);
  return {
    DashboardEntries: page.map(({ name, body, updatedAt }) => ({
      DashboardName: name,
      DashboardArn: nameDashboardArn(accountId, name),
      LastModified: updatedAt,
      Size: Buffer.byteLength(body),
    })),
    ...(found.length > MAX_LISTED && last !== undefined && { NextToken: paging.write(last.name) }),
  };
}

/** All of them or none, as on AWS. */
export async function deleteDashboards(
  input: Infer<typeof DELETE_DASHBOARDS_INPUT>,
  { prisma, accountId }: OperationContext,
): Promise<Readonly<Record<string, never>>> {
  const names = [...new Set(input.DashboardNames ?? [])];
  const where = { accountId, name: { in: names } };
  await prisma.$transaction(async (transaction) => {
    const { count } = await transaction.cloudwatchDashboard.deleteMany({ where });
    if (count < names.length) {
      const shown = names.join(', ').slice(0, 1_000);
      throw new CloudwatchError('DashboardNotFound', `The specified dashboard does not exist. [${shown}]`);
    }
    const tagged = names.map((name) => nameTagged({ kind: 'dashboard', name }));
    await transaction.cloudwatchTag.deleteMany({ where: { accountId, resource: { in: tagged } } });
  });
  return {};
}
