/** MonitoringPolicy: what is monitored by itself. */
import { readPolicy } from '../../../core/monitoring/policies/policy.ts';
import { builder } from '../builder/builder.ts';
import { DatasourceRef } from '../builder/enums.ts';
import { readIdOf } from '../builder/node-id.ts';
import { readNumberedPage } from '../builder/numbered-page.ts';
import type { PolicyMatch } from '../../../core/monitoring/policies/policy.ts';
import { queryFromInfo } from '@pothos/plugin-prisma';
import { accountToWrite } from '../../../core/access/caller.ts';
import { TagFilterRef } from '../inventory/tag-filter.ts';
import { AlertPolicyRef } from '../metrics/metric-parts.ts';
import { ModelParametersRef } from '../metrics/model-parameters.ts';

const MonitoringMatchRef = builder.objectRef<PolicyMatch>('MonitoringMatch').implement({
  description: 'Which metrics a policy means; all conditions have to hold.',
  fields: (t) => ({
    namePattern: t.exposeString('namePattern', {
      nullable: true,
      description: 'Pattern of whole names; null for any.',
    }),
    tags: t.expose('tags', {
      type: [TagFilterRef],
      description: 'Conditions on `Metric.tags`; none for any.',
    }),
    sources: t.expose('sources', {
      type: [DatasourceRef],
      description: 'CUSTOM: names that begin to be pushed. CLOUDWATCH: default metrics of listed resources.',
    }),
  }),
});

export const MonitoringPolicyRef = builder.prismaNode('MonitoringPolicy', {
  description:
    'Metrics that begin to be known and match are monitored at once, as far as the quota goes. Of several that match the oldest counts.',
  nullable: true,
  id: { field: 'id' },
  fields: (t) => ({
    name: t.exposeString('name', { description: 'One of a kind in its account.' }),
    enabled: t.exposeBoolean('enabled', { description: 'Whether it begins anything.' }),
    match: t.field({
      type: MonitoringMatchRef,
      select: { namePattern: true, tags: true, sources: true },
      description: 'Which metrics it means.',
      resolve: (policy) => readPolicy(policy).match,
    }),
    model: t.field({
      type: ModelParametersRef,
      description: 'What the models of its metrics know beforehand.',
      resolve: (policy) => readPolicy(policy).model,
    }),
    policy: t.field({
      type: AlertPolicyRef,
      description: 'Which deviations of its metrics matter.',
      resolve: (policy) => policy,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});

builder.queryField('monitoringPolicy', (t) =>
  t.prismaField({
    type: MonitoringPolicyRef,
    nullable: true,
    description: 'The monitoring policy with this id; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'As read from `MonitoringPolicy.id`.' }) },
    resolve: (query, _root, { id }, { prisma }) =>
      prisma.monitoringPolicy.findUnique({
        ...query,
        where: { id: readIdOf('MonitoringPolicy', id, ['id']) },
      }),
  }),
);

builder.queryField('monitoringPolicyByName', (t) =>
  t.prismaField({
    type: MonitoringPolicyRef,
    nullable: true,
    description:
      'The monitoring policy of this name in the account of the key, or in the default one for a key without; null when there is none.',
    args: { name: t.arg.string({ required: true, description: 'As read from `MonitoringPolicy.name`.' }) },
    resolve: (query, _root, { name }, { caller, prisma }) =>
      prisma.monitoringPolicy.findUnique({
        ...query,
        where: { accountId_name: { accountId: accountToWrite(caller), name } },
      }),
  }),
);

builder.queryField('monitoringPolicies', (t) =>
  t.connection(
    {
      type: MonitoringPolicyRef,
      description: 'Every monitoring policy, the newest first.',
      nullable: true,
      resolve: (_root, args, context, info) =>
        readNumberedPage(
          args,
          (number, order, take) =>
            context.prisma.monitoringPolicy.findMany({
              ...queryFromInfo({ context, info, paths: [['nodes'], ['edges', 'node']], include: {} }),
              where: { number },
              orderBy: { number: order },
              take,
            }),
          () => context.prisma.monitoringPolicy.count(),
        ),
    },
    { name: 'MonitoringPolicyConnection', description: 'One page of monitoring policies.' },
    { name: 'MonitoringPolicyEdge', description: 'A monitoring policy and its place in the list.' },
  ),
);
