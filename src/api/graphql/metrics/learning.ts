/** How far a metric's model has come, and when it will have learned enough. */
import { findStep, foretellLearning } from '../../../core/models/learning-end.ts';
import type { SampleWindow } from '../../../core/samples/read-samples.ts';
import { builder } from '../builder/builder.ts';
import type { Context } from '../builder/context.ts';

type Loaders = Context['loaders'];

interface LearningShape {
  readonly rows: number;
  /** As of DetectorKind. */
  readonly neededAt: (stepMs: number | null) => number;
  readonly metricNumber: number;
  /** Before the first sample is scored, at a step. */
  readonly missingAt: (stepMs: number | null) => number;
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
    needed: t.int({
      description:
        'Samples it needs before its scores are to be trusted: 200, or more where these are less than a day, or as few as 30 where these are a fortnight.',
      resolve: (learning, _args, { loaders }) => countNeeded(learning, loaders),
    }),
    done: t.boolean({
      description: 'Whether scores are no longer provisional.',
      resolve: (learning, _args, { loaders }) => isDone(learning, loaders),
    }),
    samplesUntilScored: t.int({
      description:
        'Samples that are still to come before the first one is scored: without bounds a model takes its range from 288 samples, or from 30 that are a fortnight. By the median step of the newest ten; 0 unless the status is `PENDING_DATA`.',
      resolve: async (learning, _args, { loaders }) =>
        learning.missingAt(null) === 0
          ? 0
          : learning.missingAt(findStep(await readNewestTimes(learning, loaders))),
    }),
    endsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'About when it will have: the time of its newest sample, and for each that is missing the median step of its newest ten. In the past while older samples are still being scored, or when none come any more; null when it has, and before its third sample.',
      resolve: async (learning, _args, { loaders }) => {
        if (await isDone(learning, loaders)) return null;
        const missing = (await countNeeded(learning, loaders)) - learning.rows;
        const endMs = foretellLearning(await readNewestTimes(learning, loaders), Math.max(1, missing));
        return endMs === null ? null : new Date(endMs);
      },
    }),
  }),
});

/** The newest sample says it; where it was not scored, or is of an excluded time, the number of rows has to. */
async function isDone(learning: LearningShape, loaders: Loaders): Promise<boolean> {
  const { rows, neededAt, metricNumber } = learning;
  if (rows === 0) return false;
  const newest = await loaders.latest.load(metricNumber);
  if (newest?.seq == null || newest.phase === 'EXCLUDED') return rows >= neededAt(null);
  return !newest.provisional;
}

/** How long a step is matters to those that learn; the others are spared the reading. */
async function countNeeded(learning: LearningShape, loaders: Loaders): Promise<number> {
  const usual = learning.neededAt(null);
  if (learning.rows > usual && (await isDone(learning, loaders))) return usual;
  return learning.neededAt(findStep(await readNewestTimes(learning, loaders)));
}

async function readNewestTimes(
  { metricNumber }: LearningShape,
  loaders: Loaders,
): Promise<readonly number[]> {
  return (await loaders.samples(NEWEST, metricNumber)).map(({ timestampMs }) => timestampMs);
}
