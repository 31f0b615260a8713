/** The subscription to changes of status. */
import { NotFoundError } from '../errors.ts';
import { builder } from './builder.ts';
import type { Registry } from '../core/registry.ts';
import { MetricRef } from './metric.ts';
import { readMetricIds } from './node-id.ts';

builder.subscriptionField('metricStatus', (t) =>
  t.prismaField({
    type: MetricRef,
    description:
      'A metric, whenever its status changed. Several changes in a row may come as one; a deleted metric no longer comes.',
    args: { ids: t.arg.idList({ description: 'Only these metrics; all when left out.' }) },
    subscribe: (_root, { ids }, { statusFeed, registry }) =>
      skipDeleted(statusFeed.subscribe(readMetricIds(ids, ['ids'])), registry),
    resolve: async (query, id, _args, { prisma }) => {
      const metric = await prisma.metric.findUnique({ ...query, where: { id } });
      if (metric === null) throw new NotFoundError('the metric was deleted a moment ago');
      return metric;
    },
  }),
);

/** By hand rather than as a generator: `return` of a generator waits for the pending `next`, which may never come. */
function skipDeleted(ids: AsyncIterableIterator<string>, registry: Registry): AsyncIterableIterator<string> {
  return {
    async next() {
      for (;;) {
        const result = await ids.next();
        if (result.done === true || registry.byId(result.value) !== undefined) return result;
      }
    },
    return: async () => (await ids.return?.()) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
