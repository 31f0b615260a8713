/** Where metrics that are polled come from, beside AWS: as the settings name them. */
import { createInfluxdbSource, type InfluxdbSource } from '../../core/sources/influxdb/influxdb.ts';
import { createPrometheusSource, type PrometheusSource } from '../../core/sources/prometheus/prometheus.ts';
import type { PrometheusConnection } from '../../core/sources/prometheus/prometheus-client.ts';
import type { Source } from '../../core/sources/source.ts';
import type { Config } from '../../platform/config/read-config.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Log } from '../../log.ts';
import type { SendEnvironment } from '../app-context.ts';

export interface Sources {
  readonly all: readonly Source[];
  /** Begins to list what there is in them. */
  readonly start: () => void;
}

export function openSources(options: SendEnvironment & { readonly stats: Stats }): Sources {
  const { config, log, stats, teardown } = options;
  const listed = [openInfluxdb(config, log), openPrometheus(config, stats, log)].filter(
    (one) => one !== null,
  );
  for (const { listing } of listed) teardown.add(() => listing.stop());
  return {
    all: listed,
    start: () => {
      for (const { listing } of listed) listing.start();
    },
  };
}

/** Null where none is set. */
function openInfluxdb(config: Config, log: Log): InfluxdbSource | null {
  const { influxdbUrl: url, influxdbOrg: org, influxdbToken: token } = config;
  if (url === undefined || org === undefined) return null;
  return createInfluxdbSource({ connection: { url, org, token }, log });
}

/** Null where none is set. */
function openPrometheus(config: Config, stats: Stats, log: Log): PrometheusSource | null {
  const connection = findPrometheus(config);
  if (connection === null) return null;
  return createPrometheusSource({
    connection,
    settleSeconds: config.prometheusSettleSeconds,
    onDropped: (reason, values) => stats.countReason('prometheus_values_dropped', reason, values),
    log,
  });
}

/** Where the settings say that a Prometheus is, and who asks it. Null where they name none. */
export function findPrometheus(config: Config): PrometheusConnection | null {
  const {
    prometheusUrl: url,
    prometheusUser: user,
    prometheusPassword: password,
    prometheusToken: token,
  } = config;
  return url === undefined ? null : { url, user, password, token };
}
