/** Looks at, makes and deletes autostacks. */
import {
  DuplicateNameError,
  InvalidInputError,
  NotFoundError,
  NotSupportedError,
  QuotaExceededError,
  SourceUnavailableError,
  TooManyResourcesError,
} from '../../../errors.ts';
import type { Metric } from '../../../generated/prisma/client.ts';
import { readModelParams } from '../metrics/metric-input.ts';
import { keepAsItIs } from '../metrics/registry-metric.ts';
import { AutostackRef } from './autostack.ts';
import { builder } from '../builder/builder.ts';
import { defineIdInput, resultUnion, withoutNulls } from '../builder/field-options.ts';
import { ErrorRef } from '../error-types.ts';
import { keepMembers, readResourcesById } from './member-page.ts';
import { readIdOf } from '../builder/node-id.ts';
import { ResourceConnectionRef, ResourceRef } from './resource.ts';
import { TagFilterInputRef } from './tag-filter.ts';

const INSTANCE = 'AWS::EC2::Instance';
const MAX_LIST_LENGTH = 50;

builder.objectType(DuplicateNameError, {
  name: 'DuplicateNameError',
  description: 'The name is taken.',
  interfaces: [ErrorRef],
});
builder.objectType(TooManyResourcesError, {
  name: 'TooManyResourcesError',
  description: 'More resources than one group may have.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    limit: t.exposeInt('limit', { description: 'How many there may be.' }),
    count: t.exposeInt('count', { description: 'How many there would be.' }),
  }),
});

const NamespaceMetricInputRef = builder.inputType('NamespaceMetricInput', {
  description: 'A metric of an autostack.',
  fields: (t) => ({
    namespace: t.string({ required: true, description: 'Such as AWS/EC2, or Autostacks.' }),
    metric: t.string({ required: true, description: 'Such as CPUUtilization, or InstanceCount.' }),
    min: t.float({
      description: 'Lowest value to expect, together with `max`; what the source knows when left out.',
    }),
    max: t.float({ description: 'Highest value to expect, together with `min`.' }),
  }),
});

const CreateAutostackInputRef = builder.inputType('CreateAutostackInput', {
  description: 'A group to make.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'One of a kind in its region; 255 characters at most.' }),
    region: t.string({ required: true, description: 'A name of `regions`.' }),
    resourceType: t.string({
      defaultValue: INSTANCE,
      description: 'A name of `resourceTypes` that is aggregatable.',
    }),
    filters: t.field({
      type: [TagFilterInputRef],
      required: true,
      description: 'What chooses the members: every filter has to match. One to ten.',
    }),
    includeStopped: t.boolean({
      defaultValue: false,
      description: 'Whether resources that do not run are members too.',
    }),
    metrics: t.field({
      type: [NamespaceMetricInputRef],
      description: 'Monitored at once; others can be later, by `monitorMetric`.',
    }),
  }),
});

const UpdateAutostackInputRef = builder.inputType('UpdateAutostackInput', {
  description: 'What to change of an autostack; what is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'As read from `Autostack.id`.' }),
    name: t.string({ description: 'One of a kind in its region; 255 characters at most.' }),
    filters: t.field({
      type: [TagFilterInputRef],
      description: 'What chooses the members, all of it anew: every filter has to match. One to ten.',
    }),
    includeStopped: t.boolean({ description: 'Whether resources that do not run are members too.' }),
  }),
});

const DeleteAutostackInputRef = defineIdInput(
  'DeleteAutostackInput',
  'Autostack',
  'The autostack to delete.',
);

builder.queryField('previewAutostack', (t) =>
  t.connection(
    {
      type: ResourceRef,
      nullable: true,
      description: 'Which resources an autostack would have, by id.',
      args: {
        region: t.arg.string({ required: true, description: 'A name of `regions`.' }),
        filters: t.arg({
          type: [TagFilterInputRef],
          required: true,
          description: 'Every filter has to match.',
        }),
        resourceType: t.arg.string({ defaultValue: INSTANCE, description: 'What to choose from.' }),
        includeStopped: t.arg.boolean({
          defaultValue: false,
          description: 'Whether resources that do not run count too.',
        }),
      },
      resolve: async (_root, { region, filters, resourceType, includeStopped, ...args }, context) => {
        const members = await context.autostacks.previewAutostack({
          region,
          filters,
          resourceType: resourceType ?? INSTANCE,
          includeStopped: includeStopped ?? false,
        });
        return readResourcesById(
          members.map(({ id }) => id),
          args,
          context,
        );
      },
    },
    ResourceConnectionRef,
  ),
);

builder.mutationField('createAutostack', (t) =>
  t.prismaField({
    type: AutostackRef,
    description: 'Makes an autostack; its members follow its filters from then on.',
    errors: resultUnion(
      [
        DuplicateNameError,
        TooManyResourcesError,
        NotSupportedError,
        QuotaExceededError,
        SourceUnavailableError,
      ],
      'The autostack, or why it was not made.',
    ),
    args: { input: t.arg({ type: CreateAutostackInputRef, required: true, description: 'What to make.' }) },
    resolve: async (query, _root, { input }, { autostacks, prisma }) => {
      const { name, region, filters, resourceType, includeStopped, metrics } = input;
      if (metrics != null && metrics.length > MAX_LIST_LENGTH) {
        throw InvalidInputError.at(['input', 'metrics'], `expected at most ${MAX_LIST_LENGTH}`);
      }
      const id = await autostacks.createAutostack({
        name,
        region,
        filters,
        resourceType: resourceType ?? INSTANCE,
        includeStopped: includeStopped ?? false,
        metrics: (metrics ?? []).map(({ namespace, metric, min, max }) => ({
          namespace,
          metric,
          model: readModelParams({ min, max }),
        })),
      });
      return prisma.autostack.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);

builder.mutationField('updateAutostack', (t) =>
  t.prismaField({
    type: AutostackRef,
    description:
      'Changes an autostack; its members follow at once. Its metrics go on, with what they had until then.',
    errors: resultUnion(
      [NotFoundError, DuplicateNameError, TooManyResourcesError, NotSupportedError, SourceUnavailableError],
      'The autostack as it is now, or why it did not change.',
    ),
    args: {
      input: t.arg({ type: UpdateAutostackInputRef, required: true, description: 'What to change.' }),
    },
    resolve: async (query, _root, { input }, { autostacks, prisma }) => {
      const id = readIdOf('Autostack', input.id, ['input', 'id']);
      const { name, filters, includeStopped } = input;
      await autostacks.updateAutostack(id, withoutNulls({ name, filters, includeStopped }));
      return prisma.autostack.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);

builder.mutationField('deleteAutostack', (t) =>
  t.prismaField({
    type: AutostackRef,
    description: 'Deletes an autostack with its metrics and their samples; gives it as it was.',
    errors: resultUnion([NotFoundError], 'The autostack as it was, or why it is still there.'),
    args: {
      input: t.arg({ type: DeleteAutostackInputRef, required: true, description: 'Which autostack.' }),
    },
    resolve: async (query, _root, { input }, { autostacks, prisma, registry }) => {
      const id = readIdOf('Autostack', input.id, ['input', 'id']);
      const [stack, members] = await Promise.all([
        prisma.autostack.findUnique({ ...query, where: { id } }),
        prisma.autostackMember.findMany({
          where: { autostackId: id, leftAt: null },
          select: { resourceId: true },
        }),
      ]);
      if (stack === null) throw new NotFoundError(`input.id: no autostack has the id ${input.id}`);
      keepMembers(
        stack,
        members.map(({ resourceId }) => resourceId),
      );
      if ('metrics' in stack && Array.isArray(stack.metrics)) {
        // What the query fetched of them, if they were asked for.
        for (const metric of stack.metrics as Metric[]) keepAsItIs(metric, registry);
      }
      await autostacks.deleteAutostack(id);
      return stack;
    },
  }),
);
