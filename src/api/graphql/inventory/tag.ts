/** The type Tag: a label of a resource or of a metric. */
import type { Tag } from '../../../core/metrics/tag-filter.ts';
import { builder } from '../builder/builder.ts';

export const TagRef = builder.objectRef<Tag>('Tag').implement({
  description: 'A label on a resource, or of a series.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Its name.' }),
    value: t.exposeString('value', { description: 'Its value; may be empty.' }),
  }),
});
