/** The verbs of monitoring for one account: they make its metrics, and find no others. */
import type { MonitorActions } from '../../../core/monitoring/monitor.ts';
import type { Registry } from '../../../core/metrics/registry.ts';
import { NotFoundError } from '../../../errors.ts';

export function tenantMonitor(
  monitor: MonitorActions,
  visible: Pick<Registry, 'byId'>,
  accountId: number,
): MonitorActions {
  const check = (id: string) => {
    if (visible.byId(id) === undefined) throw new NotFoundError(`no metric has the id ${id}`);
  };
  return {
    createMetric: (datasource, spec) => monitor.createMetric(datasource, spec, accountId),
    findBySpec: (datasource, spec) => monitor.findBySpec(datasource, spec, accountId),
    findMetric: (request) => monitor.findMetric({ ...request, accountId }),
    discardMetric: async (id, rows) => {
      if (visible.byId(id) !== undefined) await monitor.discardMetric(id, rows);
    },
    monitorMetric: (request) => monitor.monitorMetric({ ...request, accountId }),
    unmonitorMetric: async (id) => {
      check(id);
      return monitor.unmonitorMetric(id);
    },
    deleteMetric: async (id) => {
      check(id);
      return monitor.deleteMetric(id);
    },
    retryMetric: async (id) => {
      check(id);
      return monitor.retryMetric(id);
    },
    resetModel: async (id) => {
      check(id);
      return monitor.resetModel(id);
    },
    updateMetric: async (id, change) => {
      check(id);
      return monitor.updateMetric(id, change);
    },
  };
}
