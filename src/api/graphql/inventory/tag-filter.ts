/** Filters by tag, as they are given and as they are shown. */
import type { TagFilter } from '../../../core/metrics/tag-filter.ts';
import { builder } from '../builder/builder.ts';

const PATTERN =
  '`*` stands for any run of characters, `?` for one; a backslash before one of them takes it as it is.';

export const TagFilterRef = builder.objectRef<TagFilter>('TagFilter').implement({
  description: 'One condition on the tags of a resource.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Key of the tag.' }),
    values: t.stringList({
      description: `Values it may have: one of them has to match, whole. ${PATTERN}`,
      resolve: ({ values }) => [...values],
    }),
  }),
});

export const TagFilterInputRef = builder.inputType('TagFilterInput', {
  description: 'One condition on the tags of a resource.',
  fields: (t) => ({
    key: t.string({ required: true, description: 'Key of the tag; upper and lower case differ.' }),
    values: t.stringList({
      required: true,
      description: `Values it may have: one of them has to match, whole. ${PATTERN}`,
    }),
  }),
});
