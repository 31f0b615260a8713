/** The mutation that takes points. */
import type { AcceptResult, RejectedPoint } from '../../../core/ingest/accept-result.ts';
import { InvalidInputError } from '../../../errors.ts';
import { builder } from '../builder/builder.ts';
import { MAX_PUSHED_NAME } from '../../../core/sources/pushed-name.ts';
import { ErrorCodeRef } from '../error-types.ts';

/** About what a request of 1 MB can hold. */
const MAX_POINTS = 10_000;

const MetricPointInputRef = builder.inputType('MetricPointInput', {
  description: 'One point of one metric.',
  fields: (t) => ({
    metric: t.string({
      required: true,
      description: `Name of the metric, 1 to ${MAX_PUSHED_NAME} characters. A new name makes a metric, which is not monitored yet. Tags are brought into the order of their keys: \`m{b="1",a="2"}\` and \`m;b=1;a=2\` are \`m;a=2;b=1\`.`,
    }),
    timestamp: t.field({
      type: 'DateTime',
      required: true,
      description: 'Its time, from 1970 on, not far in the future.',
    }),
    value: t.float({ required: true, description: 'Its value.' }),
    unit: t.string({ description: 'What the value is counted in: kept with a metric that has none yet.' }),
    resource: t.string({
      description:
        'What it was measured on, such as a host: 1 to 255 characters. It becomes a `Resource`, and the tag `resource` of the series, unless a tag of the series names it already: one metric of two resources is two series. The canonical name of a resource that is known (`Resource.server`) means that one.',
    }),
  }),
});

const PutMetricDataInputRef = builder.inputType('PutMetricDataInput', {
  description: 'Points of any metrics, in any order.',
  fields: (t) => ({
    points: t.field({ type: [MetricPointInputRef], required: true, description: `At most ${MAX_POINTS}.` }),
  }),
});

const RejectedPointRef = builder.objectRef<RejectedPoint>('RejectedPoint').implement({
  description: 'A point that was not taken. Its neighbours were.',
  fields: (t) => ({
    index: t.exposeInt('index', { description: 'Its place in the input, from 0.' }),
    code: t.expose('code', { type: ErrorCodeRef, description: 'Why, for programs.' }),
    reason: t.exposeString('reason', { description: 'Why, for people.' }),
  }),
});

const PutMetricDataPayloadRef = builder.objectRef<AcceptResult>('PutMetricDataPayload').implement({
  description: 'What became of the points. Each is counted exactly once; what is accepted is on disk.',
  fields: (t) => ({
    accepted: t.exposeInt('accepted', { description: 'Stored, and scored if their metric is monitored.' }),
    duplicates: t.exposeInt('duplicates', {
      description: 'Known already: the first value of a metric and time stays.',
    }),
    late: t.exposeInt('late', {
      description: 'Stored, but older than what was scored already: never scored.',
    }),
    rejected: t.expose('rejected', {
      type: [RejectedPointRef],
      description: 'Not taken, with the reason.',
    }),
  }),
});

builder.mutationField('putMetricData', (t) =>
  t.field({
    type: PutMetricDataPayloadRef,
    description:
      'Takes points of pushed metrics. It may be repeated: points that are known are counted as duplicates. A full queue answers RETRY_LATER with HTTP 503.',
    extensions: { scope: 'INGEST', runsOnReplica: true },
    args: { input: t.arg({ type: PutMetricDataInputRef, required: true, description: 'The points.' }) },
    resolve: (_root, { input }, { accept }) => {
      const { points } = input;
      if (points.length > MAX_POINTS) {
        const message = `input.points: expected at most ${MAX_POINTS}, got ${points.length}`;
        throw new InvalidInputError(message, ['input', 'points']);
      }
      return accept.acceptNamed(
        points.map(({ metric, timestamp, value, unit, resource }) => ({
          metric,
          timestampMs: timestamp.getTime(),
          value,
          unit: unit ?? null,
          resource: resource ?? null,
        })),
      );
    },
  }),
);
