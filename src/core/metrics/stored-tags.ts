/** Tags and filters as they stand in JSON columns; nobody writes there what is not of their shape. */
import type { Tag, TagFilter } from './tag-filter.ts';

export function readTags(json: unknown): readonly Tag[] {
  return Array.isArray(json) ? json.filter(isTag) : [];
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
  return (
    typeof key === 'string' && Array.isArray(values) && values.every((value) => typeof value === 'string')
  );
}
