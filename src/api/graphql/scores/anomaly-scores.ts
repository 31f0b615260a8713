/** The subscription to scores. */
import type { ScoreEvent } from '../../../core/score-log/score-feed.ts';
import { builder } from '../builder/builder.ts';
import { findCursor } from '../builder/changes.ts';
import { DatasourceRef } from '../builder/enums.ts';
import { toInt } from '../builder/int.ts';
import { MetricDataRef } from './metric-data.ts';
import { listScoreFilterFields, readScoreFilter } from './score-filter-input.ts';
import { checkWithin } from '../builder/filter-input.ts';

const DEFAULT_BATCH = 100;
const MAX_SCORES = 1000;
const DEFAULT_LINGER_MS = 100;
const MAX_LINGER_MS = 10_000;

const AnomalyScoreFilterRef = builder.inputType('AnomalyScoreFilter', {
  description: 'Which scores; all conditions have to hold.',
  fields: (t) => ({
    ...listScoreFilterFields(t),
    datasource: t.field({
      type: DatasourceRef,
      description: 'Only of metrics of this source.',
      deprecationReason: 'Use `sources`.',
    }),
    server: t.string({
      description: 'Only of metrics of this resource.',
      deprecationReason: 'Use `servers`.',
    }),
  }),
});

const AnomalyScoresRef = builder.objectRef<ScoreEvent>('AnomalyScores').implement({
  description:
    'Scores in the order they were made. An event without any now and then moves the cursor past what the filter held back.',
  fields: (t) => ({
    prev: t.exposeString('prev', {
      description: 'Cursor of the event before: equal to the one kept, or something was missed.',
    }),
    cursor: t.exposeString('cursor', {
      description: 'To be kept once the event is dealt with: `after` goes on from here.',
    }),
    scores: t.expose('scores', {
      type: [MetricDataRef],
      description: 'The scored samples.',
    }),
    lag: t.int({
      description: 'Scored points not sent yet when the event was made, those the filter holds back too.',
      // Of a log of months that is read from its beginning.
      resolve: ({ lag }) => toInt(lag),
    }),
  }),
});

builder.subscriptionField('anomalyScores', (t) =>
  t.field({
    type: AnomalyScoresRef,
    description:
      'Every score from now on, a moment after it is stored. With `after`: everything since, then live, without a gap or a repeat.',
    args: {
      filter: t.arg({ type: AnomalyScoreFilterRef, description: 'Which scores; all when left out.' }),
      after: t.arg.string({
        description:
          'Cursor of the last event or page seen. Of server-sent events the header Last-Event-ID goes before it: events have their cursor as id, where `cursor` is selected, so that an EventSource resumes by itself.',
      }),
      maxBatch: t.arg.int({
        defaultValue: DEFAULT_BATCH,
        description: `Most scores in one event, 1 to ${MAX_SCORES}.`,
      }),
      lingerMs: t.arg.int({
        defaultValue: DEFAULT_LINGER_MS,
        description: `How long an event may wait for more scores, 0 to ${MAX_LINGER_MS} ms.`,
      }),
    },
    subscribe: async (_root, { filter, after: cursor, ...args }, { live, request }) => {
      const maxBatch = args.maxBatch ?? DEFAULT_BATCH;
      const lingerMs = args.lingerMs ?? DEFAULT_LINGER_MS;
      checkWithin('maxBatch', maxBatch, 1, MAX_SCORES);
      checkWithin('lingerMs', lingerMs, 0, MAX_LINGER_MS);
      const after = findCursor(request, cursor);
      const options = { filter: readScoreFilter(filter ?? {}, ['filter']), after, maxBatch, lingerMs };
      await live.awaitCursor(after);
      return live.subscribe(options);
    },
    resolve: (event) => event,
  }),
);
