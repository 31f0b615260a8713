/** Silence: for some hours nobody is notified of a metric, or of any metric of a resource. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import { MAX_SILENCE_SECONDS, MIN_SILENCE_SECONDS } from '../../../core/incidents/silences.ts';
import { NotFoundError } from '../../../errors.ts';
import { builder } from '../builder/builder.ts';
import { defineIdInput, resultUnion, withoutBlank } from '../builder/field-options.ts';
import { readIdOf, readMetricId } from '../builder/node-id.ts';
import { readNumberedPage } from '../builder/numbered-page.ts';
import { MetricRef } from '../metrics/metric.ts';

const SilenceRef = builder.prismaNode('Silence', {
  description:
    'While it lasts, no notification of new incidents of a metric, or of every metric of a resource, is sent. Scores and incidents go on; what still fires when it ends is notified then.',
  nullable: true,
  id: { field: 'id' },
  fields: (t) => ({
    metric: t.relation('metric', {
      type: MetricRef,
      nullable: true,
      description: 'The metric that is silenced; null for a resource.',
    }),
    server: t.exposeString('server', {
      nullable: true,
      description: 'The resource that is silenced, by its canonical name; null for a metric.',
    }),
    comment: t.exposeString('comment', { nullable: true, description: 'Why, as its maker says.' }),
    createdBy: t.exposeString('createdBy', {
      nullable: true,
      description: 'Who made it, as they call themselves.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made, and began.' }),
    endsAt: t.expose('endsAt', { type: 'DateTime', description: 'When it ends, or ended.' }),
    active: t.boolean({
      select: { endsAt: true },
      description: 'Whether it lasts now.',
      resolve: ({ endsAt }) => endsAt.getTime() > Date.now(),
    }),
  }),
});

builder.prismaObjectField(MetricRef, 'silences', (t) =>
  t.field({
    type: [SilenceRef],
    description:
      'The silences that last now, of the metric itself or of its resource, the one that ends last first.',
    resolve: (metric, _args, { loaders }) => loaders.silencesOf.load(metric),
  }),
);

const CreateSilenceInputRef = builder.inputType('CreateSilenceInput', {
  description: 'What to silence, and for how long: a metric or a resource.',
  fields: (t) => ({
    metricId: t.id({ description: 'A metric, as read from `Metric.id`.' }),
    server: t.string({ description: 'A resource, as read from `Metric.server`.' }),
    seconds: t.int({
      required: true,
      description: `How long it lasts from now on, ${MIN_SILENCE_SECONDS} to ${MAX_SILENCE_SECONDS}.`,
    }),
    comment: t.string({ description: 'Why; 1,000 characters at most.' }),
    by: t.string({ description: 'Who makes it, as they call themselves; 255 characters at most.' }),
  }),
});

const EndSilenceInputRef = defineIdInput('EndSilenceInput', 'Silence', 'The silence to end.');

builder.queryField('silences', (t) =>
  t.connection(
    {
      type: SilenceRef,
      nullable: true,
      description: 'Silences, the newest first.',
      args: {
        active: t.arg.boolean({
          defaultValue: true,
          description: 'Only those that last now; with false also those that ended.',
        }),
      },
      resolve: (_root, { active, ...args }, context, info) => {
        const lasting = active === false ? {} : { endsAt: { gt: new Date() } };
        return readNumberedPage(
          args,
          (number, order, take) =>
            context.prisma.silence.findMany({
              ...queryFromInfo({ context, info, paths: [['nodes'], ['edges', 'node']], include: {} }),
              where: { number, ...lasting },
              orderBy: { number: order },
              take,
            }),
          () => context.prisma.silence.count({ where: lasting }),
        );
      },
    },
    { name: 'SilenceConnection', description: 'One page of silences.' },
    { name: 'SilenceEdge', description: 'A silence and its place in the list.' },
  ),
);

builder.mutationFields((t) => ({
  createSilence: t.prismaField({
    type: SilenceRef,
    nullable: true,
    description: 'Silences a metric or a resource from now on.',
    errors: resultUnion([NotFoundError], 'The silence, or why there is none.'),
    args: {
      input: t.arg({ type: CreateSilenceInputRef, required: true, description: 'What, and for how long.' }),
    },
    resolve: async (query, _root, { input }, { incidents, prisma }) => {
      const { metricId, server, seconds, comment, by } = input;
      const { id } = await incidents.silences.create({
        metricId: metricId == null ? null : readMetricId(metricId, ['input', 'metricId']),
        server: server ?? null,
        seconds,
        comment: withoutBlank(comment),
        by: withoutBlank(by),
      });
      return prisma.silence.findUnique({ ...query, where: { id } });
    },
  }),
  endSilence: t.prismaField({
    type: SilenceRef,
    nullable: true,
    description: 'Ends a silence now; one that has ended stays as it is.',
    errors: resultUnion([NotFoundError], 'The silence, or why it could not be ended.'),
    args: { input: t.arg({ type: EndSilenceInputRef, required: true, description: 'Which silence.' }) },
    resolve: async (query, _root, { input }, { incidents, prisma }) => {
      const { id } = await incidents.silences.end(readIdOf('Silence', input.id, ['input', 'id']));
      return prisma.silence.findUnique({ ...query, where: { id } });
    },
  }),
}));
