/** The verbs of monitoring for one account: they make its metrics, and find no others. */
import type { Monitor } from '../../../core/monitoring/monitor.ts';
import type { Registry } from '../../../core/metrics/registry.ts';
import { NotFoundError } from '../../../errors.ts';

export function narrowMonitor(monitor: Monitor, visible: Pick<Registry, 'byId'>, accountId: number): Monitor {
  const guard =
    <Rest extends unknown[]>(deed: (id: string, ...rest: Rest) => Promise<string>) =>
    async (id: string, ...rest: Rest) => {
      if (visible.byId(id) === undefined) throw new NotFoundError(`no metric has the id ${id}`);
      return deed(id, ...rest);
    };
  return {
    createMetric: (datasource, spec) => monitor.createMetric(datasource, spec, accountId),
    findMetric: (request) => monitor.findMetric({ ...request, accountId }),
    discardMetric: async (id, rows) => {
      if (visible.byId(id) !== undefined) await monitor.discardMetric(id, rows);
    },
    monitorMetric: (request) => monitor.monitorMetric({ ...request, accountId }),
    unmonitorMetric: guard(monitor.unmonitorMetric),
    deleteMetric: guard(monitor.deleteMetric),
    retryMetric: guard(monitor.retryMetric),
    updateMetric: guard(monitor.updateMetric),
  };
}
