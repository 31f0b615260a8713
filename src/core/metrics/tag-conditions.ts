/** Tag filters as conditions on the table `metric m`: the same metrics pass as `matchesTags` lets through. */
import { readCanonicalKey, type TagFilter } from './tag-filter.ts';

const RESOURCE = '(SELECT r FROM resource r WHERE r.id = m.resource_id)';

/**
 * @param filters checked ones
 * @param bind gives a value its place in the statement
 */
export function listTagConditions(
  filters: readonly TagFilter[],
  bind: (value: unknown) => string,
): readonly string[] {
  return filters.map(({ key, values }) => {
    const patterns = `${bind(values.map(toLikePattern))}::text[]`;
    return `EXISTS (SELECT FROM (${selectHeld(key, bind)}) AS held(value) WHERE value LIKE ANY (${patterns}))`;
  });
}

/** What a metric has under a key: a tag of its series, else of its resource; or what EC2 says of the resource. */
function selectHeld(given: string, bind: (value: unknown) => string): string {
  const { key, isTag } = readCanonicalKey(given);
  if (isTag) {
    const name = bind(key);
    const find = (tags: string) => `SELECT tag->>'value' FROM jsonb_array_elements(${tags}) AS t(tag)
      WHERE tag->>'key' = ${name}`;
    const own = find("coalesce(m.tags, '[]')");
    return `${own} UNION ALL ${find(`(${RESOURCE}).tags`)} AND NOT EXISTS (${own})`;
  }
  if (key === 'instance-state-name') return `SELECT (${RESOURCE}).state`;
  if (key === 'instance-id' || key === 'volume-id') return `SELECT (${RESOURCE}).resource_id`;
  if (key === 'tag-key') {
    return `SELECT tag->>'key' FROM jsonb_array_elements(coalesce(m.tags, '[]') || coalesce((${RESOURCE}).tags, '[]'))
      AS t(tag)`;
  }
  return `SELECT jsonb_array_elements_text(coalesce((${RESOURCE}).attributes->${bind(key)}, '[]'))`;
}

/** EC2's wildcards as those of LIKE. @param pattern one without a flaw */
export function toLikePattern(pattern: string): string {
  return pattern.replaceAll(/\\([\\?*])|([*])|([?])|([%_\\])/g, (_, literal, run, one, special) => {
    if (run !== undefined) return '%';
    if (one !== undefined) return '_';
    const text = String(literal ?? special);
    return '%_\\'.includes(text) ? `\\${text}` : text;
  });
}
