/** Expressions of PromQL, evaluated by a Prometheus or another server with its HTTP API. */
import type { Log } from '../../../log.ts';
import { ListedCatalogue } from '../listed-catalogue.ts';
import type { Source } from '../source.ts';
import { confirmQuery } from './confirm-query.ts';
import { listPrometheus } from './prometheus-catalogue.ts';
import { PrometheusClient, type PrometheusConnection } from './prometheus-client.ts';
import { type DropReason, PrometheusPolling } from './prometheus-polling.ts';
import { describePrometheusMetric } from './prometheus-spec.ts';

export interface PrometheusSource extends Source {
  readonly listing: ListedCatalogue;
}

export function createPrometheusSource(options: {
  readonly connection: PrometheusConnection;
  /** How long after its time a value is asked for. */
  readonly settleSeconds: number;
  /** Called with how many values were left out, 0 or more. */
  readonly onDropped: (reason: DropReason, values: number) => void;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}): PrometheusSource {
  const { connection, settleSeconds, onDropped, log, now = Date.now } = options;
  const client = new PrometheusClient(connection, now);
  const listing = new ListedCatalogue({
    list: (signal) => listPrometheus(client, log, signal),
    database: 'Prometheus',
    log,
  });
  return {
    datasource: 'PROMETHEUS',
    describe: describePrometheusMetric,
    confirm: (spec) => confirmQuery(client, spec, now()),
    catalogue: () => listing.types,
    polling: new PrometheusPolling({ client, settleSeconds, now, onDropped }),
    listing,
  };
}
