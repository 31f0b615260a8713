/** Tags, attributes and filters as they stand in JSON columns; nobody writes there what is not of their shape. */
import type { ResourceAttributes } from '../sources/resource-attributes.ts';
import type { Tag, TagFilter } from './tag-filter.ts';

export function readTags(json: unknown): readonly Tag[] {
  return Array.isArray(json) ? json.filter(isTag) : [];
}

/** The tags of a metric: those of its series, and those of its resource that the series does not have itself. */
export function joinTags(series: readonly Tag[], resource: readonly Tag[]): readonly Tag[] {
  const own = new Set(series.map(({ key }) => key));
  return [...series, ...resource.filter(({ key }) => !own.has(key))];
}

export function readAttributes(json: unknown): ResourceAttributes {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return {};
  return Object.fromEntries(
    Object.entries(json).filter((entry): entry is [string, string[]] => isTexts(entry[1])),
  );
}

/** All of them or none: a filter left out would let more resources in. */
export function readTagFilters(json: unknown): readonly TagFilter[] {
  return Array.isArray(json) && json.every(isTagFilter) ? json : [];
}

function isTag(tag: unknown): tag is Tag {
  if (typeof tag !== 'object' || tag === null || !('key' in tag) || !('value' in tag)) return false;
  return typeof tag.key === 'string' && typeof tag.value === 'string';
}

function isTagFilter(filter: unknown): filter is TagFilter {
  if (typeof filter !== 'object' || filter === null || !('key' in filter) || !('values' in filter))
    return false;
  const { key, values } = filter;
  return typeof key === 'string' && isTexts(values);
}

function isTexts(values: unknown): values is string[] {
  return Array.isArray(values) && values.every((value) => typeof value === 'string');
}
