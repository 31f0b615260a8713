/** How far a metric's model has come, and when it will have learned enough. */
import { foretellLearning } from '../../../core/models/learning-end.ts';
import type { SampleWindow } from '../../../core/samples/read-samples.ts';
import { builder } from '../builder/builder.ts';

interface LearningShape {
  readonly rows: number;
  readonly needed: number;
  readonly metricNumber: number;
  readonly missing: number;
}

/** By so many of its newest samples the end of learning is foretold. */
const NEWEST_SAMPLES = 11;

const NEWEST: SampleWindow = {
  fromMs: null,
  toMs: null,
  minScore: null,
  afterMs: null,
  beforeMs: null,
  descending: true,
  limit: NEWEST_SAMPLES,
};

export const LearningRef = builder.objectRef<LearningShape>('Learning').implement({
  description: "How far a metric's model has come.",
  fields: (t) => ({
    rows: t.exposeInt('rows', { description: 'Samples the model has learned from.' }),
    needed: t.exposeInt('needed', { description: 'Samples it needs before its scores are to be trusted.' }),
    done: t.boolean({
      description: 'Whether it has seen as many.',
      resolve: ({ rows, needed }) => rows >= needed,
    }),
    samplesUntilScored: t.exposeInt('missing', {
      description:
        'Samples that are still to come before the first one is scored: without bounds a model takes its range from a number of them. 0 unless the status is `PENDING_DATA`.',
    }),
    endsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'About when it will have: the time of its newest sample, and for each that is missing the median step of its newest ten. In the past while older samples are still being scored, or when none come any more; null when it has, and before its third sample.',
      resolve: async ({ rows, needed, metricNumber }, _args, { loaders }) => {
        if (rows >= needed) return null;
        const newest = await loaders.samples(NEWEST, metricNumber);
        const endMs = foretellLearning(
          newest.map(({ timestampMs }) => timestampMs),
          needed - rows,
        );
        return endMs === null ? null : new Date(endMs);
      },
    }),
  }),
});
