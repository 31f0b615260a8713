/** Which metrics a list is of. */
import { type BarRange, chooseBarRange } from '../../../core/bars/bar-window.ts';
import { leastScore } from '../../../core/score-log/score-filter.ts';
import type { MetricSelection } from '../../../core/metric-lists/select-metrics.ts';
import { checkTagFilters } from '../../../core/metrics/tag-filter.ts';
import { builder } from '../builder/builder.ts';
import type { Context } from '../builder/context.ts';
import { AnomalyClassRef, DatasourceRef, MetricStatusRef } from '../builder/enums.ts';
import { TagFilterInputRef } from '../inventory/tag-filter.ts';
import { readAutostackId } from '../builder/node-id.ts';

export const MetricFilterRef = builder.inputType('MetricFilter', {
  description: 'Which metrics; all conditions have to hold.',
  fields: (t) => ({
    nameContains: t.string({ description: 'With this in their name, capitals or not.' }),
    datasource: t.field({ type: DatasourceRef, description: 'Of this source.' }),
    status: t.field({ type: MetricStatusRef, description: 'In this status.' }),
    server: t.string({ description: 'Of this resource, by its canonical name.' }),
    location: t.string({ description: 'In this region.' }),
    autostackId: t.id({ description: 'Of this autostack.' }),
    tags: t.field({
      type: [TagFilterInputRef],
      description:
        'With these `Metric.tags`, or of a resource of which this is so; every condition has to hold.',
    }),
    minClass: t.field({
      type: AnomalyClassRef,
      description: 'At least as anomalous as this in the window, what was scored while learning left out.',
    }),
  }),
});

export type MetricFilter = typeof MetricFilterRef.$inferInput;

/** What the caller may see of what the filter lets through. @throws InvalidInputError for a bad id */
export function toSelection(filter: MetricFilter, { accountId }: Context['caller']): MetricSelection {
  const { autostackId, minClass, tags } = filter;
  if (tags != null) checkTagFilters(tags, ['filter', 'tags']);
  return {
    accountId,
    nameContains: filter.nameContains ?? null,
    datasource: filter.datasource ?? null,
    status: filter.status ?? null,
    server: filter.server ?? null,
    location: filter.location ?? null,
    autostackId: autostackId == null ? null : readAutostackId(autostackId, ['filter', 'autostackId']),
    tags: tags ?? [],
    leastScore: minClass == null || minClass === 'NONE' ? null : leastScore({ minClass }),
  };
}

/** The window that ends now. */
export function chooseCurrentRange(window: Parameters<typeof chooseBarRange>[0]): BarRange {
  return chooseBarRange(window, Date.now());
}
