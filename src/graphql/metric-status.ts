/** The subscription to changes of status. */
import type { Registry } from '../core/registry.ts';
import { builder } from './builder.ts';
import type { LoadedMetric, Loaders } from './loaders.ts';
import { MetricRef } from './metric.ts';
import { readMetricIds } from './node-id.ts';

builder.subscriptionField('metricStatus', (t) =>
  t.field({
    type: MetricRef,
    description:
      'A metric, whenever its status changed. Several changes in a row may come as one; a deleted metric no longer comes.',
    args: { ids: t.arg.idList({ description: 'Only these metrics; all when left out.' }) },
    subscribe: (_root, { ids }, { statusFeed, registry, loaders }) =>
      loadExisting(statusFeed.subscribe(readMetricIds(ids, ['ids'])), registry, loaders),
    resolve: (metric) => metric,
  }),
);

/**
 * Loads each metric before its event exists: one deleted after its change is skipped, where a resolver that found
 * nothing could only fail. By hand rather than as a generator: `return` of a generator waits for the pending `next`,
 * which may never come.
 */
function loadExisting(
  ids: AsyncIterableIterator<string>,
  registry: Registry,
  loaders: Loaders,
): AsyncIterableIterator<LoadedMetric> {
  return {
    async next() {
      for (;;) {
        const result = await ids.next();
        if (result.done === true) return { done: true, value: undefined };
        const known = registry.byId(result.value);
        const metric = known === undefined ? null : await loaders.metric.load(known.number);
        if (metric !== null) return { done: false, value: metric };
      }
    },
    async return() {
      await ids.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
