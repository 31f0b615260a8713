/**
 * Watches series of this service as Lapwing watches any CloudWatch metric. Of use only where the CloudWatch source asks
 * this very service: elsewhere it would watch a series of AWS that has the same name.
 */
import type { Monitor } from '../monitoring/monitor.ts';
import { AlreadyMonitoredError, ExpectedError, NotFoundError } from '../../errors.ts';
import { CloudwatchError } from './model/cloudwatch-error.ts';
import type { SeriesWatch } from './model/operation.ts';

export function createSeriesWatch(
  monitor: Pick<Monitor, 'monitorMetric' | 'updateMetric' | 'unmonitorMetric'>,
): SeriesWatch {
  return {
    async monitor(
      { namespace, metricName, dimensions },
      { statistic, region, configuration: { timeZone, excluded: excludedTimes } },
    ) {
      const spec = { region, namespace, metric: metricName, dimensions, statistic };
      try {
        const model = { ...(timeZone !== null && { timeZone }), excludedTimes };
        return await monitor
          .monitorMetric({ datasource: 'CLOUDWATCH', spec, model })
          .catch((error: unknown) => {
            if (!(error instanceof AlreadyMonitoredError)) throw error;
            return monitor.updateMetric(error.metricId, { model: { timeZone, excludedTimes } });
          });
      } catch (error) {
        if (!(error instanceof ExpectedError)) throw error;
        const message = `The metric cannot be monitored: ${error.message}.`;
        throw new CloudwatchError('InvalidParameterValue', message, { cause: error });
      }
    },
    async unmonitor(metricId) {
      try {
        await monitor.unmonitorMetric(metricId);
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
    },
  };
}
