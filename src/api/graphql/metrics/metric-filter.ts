/** Which metrics a list is of. */
import { type BarRange, chooseBarRange } from '../../../core/bars/bar-window.ts';
import { leastScore } from '../../../core/score-log/score-filter.ts';
import type { MetricSelection } from '../../../core/metric-lists/select-metrics.ts';
import { checkTagFilters } from '../../../core/metrics/tag-filter.ts';
import { builder } from '../builder/builder.ts';
import type { Context } from '../builder/context.ts';
import { AnomalyClassRef, DatasourceRef, MetricStatusRef } from '../builder/enums.ts';
import { PATTERN, readOneOf, readOneOfIds, readPattern } from '../builder/filter-input.ts';
import { readIdOf } from '../builder/node-id.ts';
import { TagFilterInputRef } from '../inventory/tag-filter.ts';

export const MetricFilterRef = builder.inputType('MetricFilter', {
  description: 'Which metrics; all conditions have to hold.',
  fields: (t) => ({
    ids: t.idList({ description: 'With one of these ids.' }),
    names: t.stringList({ description: 'With one of these names.' }),
    nameContains: t.string({ description: 'With this in their name, capitals or not.' }),
    namePattern: t.string({ description: `Whose whole name is like this. ${PATTERN}` }),
    sources: t.field({ type: [DatasourceRef], description: 'Of one of these sources.' }),
    statuses: t.field({ type: [MetricStatusRef], description: 'In one of these statuses.' }),
    servers: t.stringList({ description: 'Of one of these resources, by their canonical names.' }),
    locations: t.stringList({ description: 'In one of these regions.' }),
    autostackIds: t.idList({
      description: 'Of one of these autostacks: metrics of the group, not those of its members.',
    }),
    memberOfAutostackIds: t.idList({
      description: 'Of a resource that is a member of one of these autostacks now.',
    }),
    datasource: t.field({
      type: DatasourceRef,
      description: 'Of this source.',
      deprecationReason: 'Use `sources`.',
    }),
    status: t.field({
      type: MetricStatusRef,
      description: 'In this status.',
      deprecationReason: 'Use `statuses`.',
    }),
    server: t.string({
      description: 'Of this resource, by its canonical name.',
      deprecationReason: 'Use `servers`.',
    }),
    location: t.string({ description: 'In this region.', deprecationReason: 'Use `locations`.' }),
    autostackId: t.id({ description: 'Of this autostack.', deprecationReason: 'Use `autostackIds`.' }),
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
  const { minClass, tags } = filter;
  if (tags != null) checkTagFilters(tags, ['filter', 'tags']);
  const path = (name: keyof MetricFilter) => ['filter', name];
  const stackIds = readOneOf(filter.autostackIds, path('autostackIds'), filter.autostackId);
  return {
    accountId,
    ids: readOneOfIds('Metric', filter.ids, path('ids')),
    names: readOneOf(filter.names, path('names')),
    nameContains: filter.nameContains ?? null,
    namePattern: readPattern(filter.namePattern, path('namePattern')),
    datasources: readOneOf(filter.sources, path('sources'), filter.datasource),
    statuses: readOneOf(filter.statuses, path('statuses'), filter.status),
    servers: readOneOf(filter.servers, path('servers'), filter.server),
    locations: readOneOf(filter.locations, path('locations'), filter.location),
    autostackIds:
      stackIds?.map((id, place) =>
        filter.autostackIds == null
          ? readIdOf('Autostack', id, path('autostackId'))
          : readIdOf('Autostack', id, [...path('autostackIds'), String(place)]),
      ) ?? null,
    memberOfAutostackIds: readOneOfIds(
      'Autostack',
      filter.memberOfAutostackIds,
      path('memberOfAutostackIds'),
    ),
    tags: tags ?? [],
    leastScore: minClass == null || minClass === 'NONE' ? null : leastScore({ minClass }),
  };
}

/** The window that ends now. */
export function chooseCurrentRange(window: Parameters<typeof chooseBarRange>[0]): BarRange {
  return chooseBarRange(window, Date.now());
}
