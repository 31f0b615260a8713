/** Filters by tag and attribute, as they are given and as they are shown. */
import { listAttributeNames } from '../../../core/sources/resource-attributes.ts';
import type { TagFilter } from '../../../core/metrics/tag-filter.ts';
import { builder } from '../builder/builder.ts';
import { PATTERN } from '../builder/filter-input.ts';

const KEY = `Key of a tag, or one of EC2's filters: ${listAttributeNames(null).join(', ')}. \`tag:KEY\` is the tag of that key, whatever its name.`;

export const TagFilterRef = builder.objectRef<TagFilter>('TagFilter').implement({
  description: 'One condition on the tags of a resource, or on what else EC2 says of it.',
  fields: (t) => ({
    key: t.exposeString('key', { description: KEY }),
    values: t.exposeStringList('values', {
      description: `Values it may have: one of them has to match, whole. ${PATTERN}`,
    }),
  }),
});

export const TagFilterInputRef = builder.inputType('TagFilterInput', {
  description: 'One condition on the tags of a resource, or on what else EC2 says of it.',
  fields: (t) => ({
    key: t.string({ required: true, description: `${KEY} Upper and lower case differ.` }),
    values: t.stringList({
      required: true,
      description: `Values it may have: one of them has to match, whole. ${PATTERN}`,
    }),
  }),
});
