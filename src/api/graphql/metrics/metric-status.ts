/** The subscription to changes of status. */
import { builder } from '../builder/builder.ts';
import { loadChanged } from '../builder/load-changed.ts';
import { MetricRef } from './metric.ts';
import { readMetricIds } from '../builder/node-id.ts';

builder.subscriptionField('metricStatus', (t) =>
  t.field({
    type: MetricRef,
    description:
      'A metric, whenever its status changed. Several changes in a row may come as one; a deleted metric no longer comes.',
    args: { ids: t.arg.idList({ description: 'Only these metrics; all when left out.' }) },
    subscribe: (_root, { ids }, { statusFeed, registry, loaders }) =>
      loadChanged(statusFeed.subscribe(readMetricIds(ids, ['ids'])), async (id) => {
        const known = registry.byId(id);
        return known === undefined ? null : loaders.metric.load(known.number);
      }),
    resolve: (metric) => metric,
  }),
);
