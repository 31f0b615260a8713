/** Mutations of monitoring policies, and what one would mean before it is made. */
import type { PolicyPreview } from '../../../core/monitoring/policies/policies.ts';
import type { Applied } from '../../../core/monitoring/policies/policy-rollout.ts';
import { DuplicateNameError, NotFoundError, NotSupportedError, QuotaExceededError } from '../../../errors.ts';
import type { MonitoringPolicy } from '../../../generated/prisma/client.ts';
import { builder } from '../builder/builder.ts';
import { defineIdInput, resultUnion } from '../builder/field-options.ts';
import { readIdOf } from '../builder/node-id.ts';
import { ErrorRef } from '../error-types.ts';
import {
  CreateMonitoringPolicyInputRef,
  MonitoringMatchInputRef,
  readMatch,
  readPolicyChange,
  UpdateMonitoringPolicyInputRef,
} from './monitoring-policy-input.ts';
import { MonitoringPolicyRef } from './monitoring-policy.ts';

const readPolicyId = (id: string) => readIdOf('MonitoringPolicy', id, ['input', 'id']);

interface Saved extends Applied {
  readonly policy: MonitoringPolicy;
}

const SavedPolicyRef = builder.objectRef<Saved>('SavedMonitoringPolicy').implement({
  description: 'A monitoring policy as it is now, and what became of metrics that were known already.',
  fields: (t) => ({
    policy: t.expose('policy', {
      type: MonitoringPolicyRef,
      description: 'The policy.',
    }),
    monitoredCount: t.exposeInt('monitored', {
      description: 'How many known metrics are monitored now and were not; 0 without `applyToExisting`.',
    }),
    refusedCount: t.exposeInt('refused', {
      description: 'How many more match and are not monitored, because the quota of resources is used up.',
    }),
    refusal: t.expose('refusal', {
      type: ErrorRef,
      nullable: true,
      description: 'Why the first of these is not; `Metric.message` says it of each.',
    }),
  }),
});

const PolicyPreviewRef = builder.objectRef<PolicyPreview>('MonitoringPolicyPreview').implement({
  description: 'What a monitoring policy would mean of what is known now.',
  fields: (t) => ({
    matchedCount: t.exposeInt('matched', { description: 'How many metrics match.' }),
    monitoredCount: t.exposeInt('monitored', { description: 'How many of them are monitored already.' }),
    newResourceCount: t.exposeInt('newResources', {
      description: 'How many resources more would count for the quota with `applyToExisting`.',
    }),
    freeResourceCount: t.exposeInt('freeResources', {
      nullable: true,
      description: 'How many resources more may be monitored; null for any number.',
    }),
    exampleNames: t.exposeStringList('names', {
      description: 'Names of metrics that match and are not monitored, ten at most.',
    }),
  }),
});

const DeleteMonitoringPolicyInputRef = defineIdInput(
  'DeleteMonitoringPolicyInput',
  'MonitoringPolicy',
  'The monitoring policy to delete.',
);

builder.queryField('previewMonitoringPolicy', (t) =>
  t.field({
    type: PolicyPreviewRef,
    description: 'What a monitoring policy would mean, before it is made.',
    errors: resultUnion([NotSupportedError], 'What it would mean, or why there can be no such policy.'),
    args: { match: t.arg({ type: MonitoringMatchInputRef, required: true, description: 'Which metrics.' }) },
    resolve: (_root, { match }, { policies }) => policies.preview(readMatch(match)),
  }),
);

builder.mutationField('createMonitoringPolicy', (t) =>
  t.field({
    type: SavedPolicyRef,
    description:
      'Makes a monitoring policy: names that begin to be pushed from now on, and resources that come to be listed, are monitored if they match, scored from their first point.',
    errors: resultUnion(
      [NotSupportedError, DuplicateNameError, QuotaExceededError],
      'The policy, or why it was not made.',
    ),
    args: {
      input: t.arg({ type: CreateMonitoringPolicyInputRef, required: true, description: 'What to make.' }),
    },
    resolve: async (_root, { input }, { policies, prisma }) => {
      const { name, match, applyToExisting } = input;
      const change = { ...readPolicyChange(input), name, match: readMatch(match) };
      const { id, applied } = await policies.create(change, { applyToExisting: applyToExisting ?? false });
      return { ...applied, policy: await prisma.monitoringPolicy.findUniqueOrThrow({ where: { id } }) };
    },
  }),
);

builder.mutationField('updateMonitoringPolicy', (t) =>
  t.field({
    type: SavedPolicyRef,
    description:
      'Changes a monitoring policy. It means metrics that begin from now on; those it began stay as they are.',
    errors: resultUnion(
      [NotFoundError, NotSupportedError, DuplicateNameError],
      'The policy as it is now, or why it did not change.',
    ),
    args: {
      input: t.arg({ type: UpdateMonitoringPolicyInputRef, required: true, description: 'What to change.' }),
    },
    resolve: async (_root, { input: { id: given, applyToExisting, ...change } }, { policies, prisma }) => {
      const id = readPolicyId(given);
      const applied = await policies.update(id, readPolicyChange(change), applyToExisting ?? false);
      return { ...applied, policy: await prisma.monitoringPolicy.findUniqueOrThrow({ where: { id } }) };
    },
  }),
);

builder.mutationField('deleteMonitoringPolicy', (t) =>
  t.prismaField({
    type: MonitoringPolicyRef,
    description: 'Deletes a monitoring policy; gives it as it was. The metrics it began stay monitored.',
    errors: resultUnion([NotFoundError], 'The policy as it was, or why it is still there.'),
    args: {
      input: t.arg({ type: DeleteMonitoringPolicyInputRef, required: true, description: 'Which policy.' }),
    },
    resolve: async (query, _root, { input }, { policies, prisma }) => {
      const id = readPolicyId(input.id);
      const policy = await prisma.monitoringPolicy.findUnique({ ...query, where: { id } });
      if (policy === null) throw new NotFoundError(`input.id: no monitoring policy has the id ${input.id}`);
      await policies.delete(id);
      return policy;
    },
  }),
);
