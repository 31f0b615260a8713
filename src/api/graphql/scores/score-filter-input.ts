/** Which scores: what the filters of lists, downloads and subscriptions have in common, and what it means to core. */
import type { ScoreFilter } from '../../../core/score-log/score-feed.ts';
import { checkTagFilters, type TagFilter, toCanonicalFilters } from '../../../core/metrics/tag-filter.ts';
import { nameStackServer } from '../../../model.ts';
import { builder } from '../builder/builder.ts';
import { AnomalyClassRef, DatasourceRef } from '../builder/enums.ts';
import { withoutNulls } from '../builder/field-options.ts';
import { PATTERN, readOneOf, readOneOfIds, readPattern } from '../builder/filter-input.ts';
import { readIdOf } from '../builder/node-id.ts';
import { TagFilterInputRef } from '../inventory/tag-filter.ts';
import { readLeastScore } from './min-score.ts';

type InputFieldBuilder = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0];

/** The fields of every filter of scores. */
export function listScoreFilterFields(t: InputFieldBuilder) {
  return {
    metricIds: t.idList({ description: 'Only of these metrics.' }),
    autostackIds: t.idList({ description: 'Only of metrics of these autostacks.' }),
    names: t.stringList({ description: 'Only of metrics with one of these names.' }),
    nameContains: t.string({ description: 'Only of metrics with this in their name, capitals or not.' }),
    namePattern: t.string({ description: `Only of metrics whose whole name is like this. ${PATTERN}` }),
    sources: t.field({ type: [DatasourceRef], description: 'Only of metrics of these sources.' }),
    servers: t.stringList({ description: 'Only of metrics of these resources, by their canonical names.' }),
    tags: t.field({
      type: [TagFilterInputRef],
      description:
        'Only of metrics with these `Metric.tags`, or of a resource of which this is so; every condition has to hold. Live, as the tags are when a score comes.',
    }),
    minAnomalyScore: t.float({ description: 'With at least this score, 0 to 1.' }),
    minClass: t.field({ type: AnomalyClassRef, description: 'At least as anomalous as this.' }),
  };
}

type Maybe<T> = T | null | undefined;

/** What those fields hold, and the former ones for one value. */
interface GivenFilter {
  readonly metricIds?: Maybe<readonly string[]>;
  readonly autostackIds?: Maybe<readonly string[]>;
  readonly names?: Maybe<readonly string[]>;
  readonly nameContains?: Maybe<string>;
  readonly namePattern?: Maybe<string>;
  readonly sources?: Maybe<NonNullable<ScoreFilter['datasources']>>;
  readonly servers?: Maybe<readonly string[]>;
  readonly tags?: Maybe<readonly TagFilter[]>;
  readonly minAnomalyScore?: Maybe<number>;
  readonly minClass?: Maybe<NonNullable<ScoreFilter['minClass']>>;
  readonly datasource?: Maybe<NonNullable<ScoreFilter['datasources']>[number]>;
  readonly server?: Maybe<string>;
}

/** What a filter of the API means to core. @throws InvalidInputError for a bad id, score, pattern or tag filter */
export function readScoreFilter(filter: GivenFilter, path: readonly string[]): ScoreFilter {
  const at = (name: keyof GivenFilter) => [...path, name];
  const stackServers = readOneOf(filter.autostackIds, at('autostackIds'))?.map((id, place) =>
    nameStackServer(readIdOf('Autostack', id, [...at('autostackIds'), String(place)])),
  );
  const { tags } = filter;
  if (tags != null) checkTagFilters(tags, at('tags'));
  return withoutNulls({
    metricIds: readOneOfIds('Metric', filter.metricIds, at('metricIds')),
    stackServers: stackServers ?? null,
    names: readOneOf(filter.names, at('names')),
    nameContains: filter.nameContains ?? null,
    namePattern: readPattern(filter.namePattern, at('namePattern')),
    datasources: readOneOf(filter.sources, at('sources'), filter.datasource),
    servers: readOneOf(filter.servers, at('servers'), filter.server),
    tags: tags == null ? null : toCanonicalFilters(tags),
    minAnomalyScore: readLeastScore(filter.minAnomalyScore, at('minAnomalyScore')),
    minClass: filter.minClass ?? null,
  });
}
