/** Which resources and which autostacks a list is of, and in which order. */
import type { AutostackSelection, ResourceSelection } from '../../../core/inventory/read-resources.ts';
import { checkTagFilters } from '../../../core/metrics/tag-filter.ts';
import { builder } from '../builder/builder.ts';
import type { Context } from '../builder/context.ts';
import { DatasourceRef, describeValues } from '../builder/enums.ts';
import { PATTERN, readOneOf, readOneOfIds, readPattern } from '../builder/filter-input.ts';
import { readResourceId } from '../builder/node-id.ts';
import { TagFilterInputRef } from './tag-filter.ts';

export const ResourceFilterRef = builder.inputType('ResourceFilter', {
  description: 'Which resources; all conditions have to hold.',
  fields: (t) => ({
    ids: t.idList({ description: 'With one of these ids.' }),
    names: t.stringList({ description: 'With one of these as their friendly name or as `resourceId`.' }),
    nameContains: t.string({ description: 'With this in one of the two, capitals or not.' }),
    namePattern: t.string({ description: `One of which is like this as a whole. ${PATTERN}` }),
    sources: t.field({ type: [DatasourceRef], description: 'Of one of these sources.' }),
    regions: t.stringList({ description: 'In one of these regions.' }),
    types: t.stringList({ description: 'Of one of these types.' }),
    states: t.stringList({ description: 'In one of these states, such as running.' }),
    tags: t.field({ type: [TagFilterInputRef], description: 'With these tags: every filter has to match.' }),
    monitored: t.boolean({ description: 'With, or without, a monitored metric.' }),
  }),
});

export const AutostackFilterRef = builder.inputType('AutostackFilter', {
  description: 'Which autostacks; all conditions have to hold.',
  fields: (t) => ({
    ids: t.idList({ description: 'With one of these ids.' }),
    names: t.stringList({ description: 'With one of these names.' }),
    nameContains: t.string({ description: 'With this in their name, capitals or not.' }),
    namePattern: t.string({ description: `Whose whole name is like this. ${PATTERN}` }),
    regions: t.stringList({ description: 'In one of these regions.' }),
    resourceTypes: t.stringList({ description: 'Of resources of one of these types.' }),
  }),
});

export const ResourceOrderRef = builder.enumType('ResourceOrder', {
  description: 'In which order resources are listed.',
  values: describeValues({
    REGION: 'By region, type and id.',
    NAME: 'By friendly name, A to Z; by id where there is none.',
  }),
});

export const AutostackOrderRef = builder.enumType('AutostackOrder', {
  description: 'In which order autostacks are listed.',
  values: describeValues({
    REGION: 'By region and name.',
    NAME: 'By name, A to Z.',
  }),
});

export type ResourceFilter = typeof ResourceFilterRef.$inferInput;

/** What the caller may see of what the filter lets through. @throws InvalidInputError naming the field */
export function toResourceSelection(
  filter: ResourceFilter,
  { accountId }: Context['caller'],
): ResourceSelection {
  const path = (name: keyof ResourceFilter) => ['filter', name];
  if (filter.tags != null) checkTagFilters(filter.tags, path('tags'));
  return {
    accountId,
    keys:
      readOneOf(filter.ids, path('ids'))?.map((id, place) =>
        readResourceId(id, [...path('ids'), String(place)]),
      ) ?? null,
    names: readOneOf(filter.names, path('names')),
    nameContains: filter.nameContains ?? null,
    namePattern: readPattern(filter.namePattern, path('namePattern')),
    sources: readOneOf(filter.sources, path('sources')),
    regions: readOneOf(filter.regions, path('regions')),
    types: readOneOf(filter.types, path('types')),
    states: readOneOf(filter.states, path('states')),
    tags: filter.tags ?? null,
    monitored: filter.monitored ?? null,
  };
}

type AutostackFilter = typeof AutostackFilterRef.$inferInput;

/** What the caller may see of what the filter lets through. @throws InvalidInputError naming the field */
export function toAutostackSelection(
  filter: AutostackFilter,
  { accountId }: Context['caller'],
): AutostackSelection {
  const path = (name: keyof AutostackFilter) => ['filter', name];
  return {
    accountId,
    ids: readOneOfIds('Autostack', filter.ids, path('ids')),
    names: readOneOf(filter.names, path('names')),
    nameContains: filter.nameContains ?? null,
    namePattern: readPattern(filter.namePattern, path('namePattern')),
    regions: readOneOf(filter.regions, path('regions')),
    types: readOneOf(filter.resourceTypes, path('resourceTypes')),
  };
}
