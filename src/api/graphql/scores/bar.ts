/** AnomalyBar: how anomalous something was in a slot of time; the bars of a metric, a resource, an autostack. */
import {
  type Bar,
  type BarWindow,
  chooseBarRange,
  fillBars,
  DEFAULT_WINDOW,
} from '../../../core/bars/bar-window.ts';
import { barHeight } from '../../../detector/bar-height.ts';
import { AutostackRef } from '../inventory/autostack.ts';
import { builder } from '../builder/builder.ts';
import { timeOf, classOfScore } from '../builder/field-options.ts';
import type { Context } from '../builder/context.ts';
import { BarWindowRef } from '../builder/enums.ts';
import type { BarQuestion } from '../builder/loaders.ts';
import { MetricRef } from '../metrics/metric.ts';
import { ResourceRef } from '../inventory/resource.ts';

interface BarShape extends Bar {
  readonly readCount: () => Promise<number>;
}

const AnomalyBarRef = builder.objectRef<BarShape>('AnomalyBar').implement({
  description: 'How anomalous something was in a slot of time.',
  fields: (t) => ({
    from: t.field(timeOf('startMs', 'Beginning of the slot; belongs to it.')),
    to: t.field(timeOf('endMs', 'End of the slot; belongs to the next.')),
    anomalyScore: t.exposeFloat('score', {
      nullable: true,
      description: 'Highest score in the slot; null where nothing was scored.',
    }),
    anomalyClass: t.field(classOfScore('That score as a colour; NONE where nothing was scored.')),
    height: t.float({
      description:
        'How high to draw it, 0 to 1: the score on the logarithmic scale, 0.4 for the first yellow, 1 for every red.',
      resolve: ({ score }) => (score === null ? 0 : barHeight(score)),
    }),
    provisional: t.exposeBoolean('provisional', {
      description: 'Everything in it was scored while the model was still learning, or is of excluded times.',
    }),
    count: t.int({
      description: 'How many samples were scored in the slot.',
      resolve: ({ readCount }) => readCount(),
    }),
  }),
});

const WINDOW = {
  type: BarWindowRef,
  defaultValue: DEFAULT_WINDOW,
  description: 'How long, and how wide a bar is.',
} as const;
const UNTIL = {
  type: 'DateTime',
  description: 'The last bar is the one this time lies in; now when left out.',
} as const;

interface BarArgs {
  readonly window?: BarWindow | null | undefined;
  readonly until?: Date | null | undefined;
}

async function loadBars(
  owner: BarQuestion['owner'],
  key: number | string,
  { window, until }: BarArgs,
  { loaders }: Context,
): Promise<readonly BarShape[]> {
  const range = chooseBarRange(window ?? DEFAULT_WINDOW, until?.getTime() ?? Date.now());
  const question = { owner, range };
  return fillBars(range, await loaders.bars(question, key)).map((bar) => ({
    ...bar,
    readCount: async () => {
      const counts = await loaders.barCounts(question, key);
      return counts.find(({ startMs }) => startMs === bar.startMs)?.count ?? 0;
    },
  }));
}

builder.prismaObjectFields(MetricRef, (t) => ({
  bars: t.field({
    type: [AnomalyBarRef],
    description: 'Its 24 bars of a window, newest last.',
    args: { window: t.arg(WINDOW), until: t.arg(UNTIL) },
    resolve: ({ number }, args, context) => loadBars('METRIC', number, args, context),
  }),
}));

for (const [ref, owner] of [
  [ResourceRef, 'RESOURCE'],
  [AutostackRef, 'AUTOSTACK'],
] as const) {
  builder.prismaObjectFields(ref, (t) => ({
    bars: t.field({
      type: [AnomalyBarRef],
      description: 'The 24 bars of a window, newest last; each the highest of its metrics.',
      args: { window: t.arg(WINDOW), until: t.arg(UNTIL) },
      resolve: ({ id }, args, context) => loadBars(owner, id, args, context),
    }),
  }));
}
