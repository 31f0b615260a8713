/** Puts together what watches the server itself: its requests, its licence, its traces, and where all that goes. */
import type { Config } from '../platform/config/read-config.ts';
import type { Engine } from './build-core.ts';
import type { Log } from '../log.ts';
import { createSendPoints } from '../platform/telemetry/send-points.ts';
import { InfluxdbWriter, type FlushPeriod } from '../platform/telemetry/influxdb-writer.ts';
import { createLicenseWatch, type LicenseWatch } from '../platform/telemetry/license-watch.ts';
import { describeScore, type WriteMonitorPoint } from '../platform/telemetry/request-point.ts';
import type { Tracing } from '../platform/tracing/tracing.ts';
import { createRequestMonitor, type RequestMonitor } from '../platform/telemetry/request-monitor.ts';
import type { Stats } from '../platform/telemetry/metrics.ts';
import type { Teardown } from '../platform/runtime/shutdown-stack.ts';

export interface SelfMonitoring {
  readonly requests: RequestMonitor;
  readonly license: LicenseWatch;
  /** Null where no collector is set. */
  readonly tracing: Tracing | null;
  /** Null where no InfluxDB is set. */
  readonly flushPeriod: FlushPeriod | null;
  /** Begins to write scores, where the settings ask for it. Ends with the engine's subscriptions. */
  readonly exportScores: (engine: Pick<Engine, 'live' | 'registry'>) => void;
}

interface MonitoringOptions {
  readonly config: Config;
  readonly log: Log;
  readonly stats: Stats;
  readonly version: string;
  readonly teardown: Teardown;
}

/** Starts it before all else, so that it stops after all else: the last requests are written too. */
export async function startSelfMonitoring(options: MonitoringOptions): Promise<SelfMonitoring> {
  const { config, log, stats, teardown } = options;
  const writer = createWriter(config, log, stats);
  if (writer !== null) {
    writer.start();
    teardown.add(() => writer.stop());
  }
  const write: WriteMonitorPoint | null = writer === null ? null : (point) => writer.write(point);
  const license = createLicenseWatch({
    file: config.licenseFile ?? null,
    publicKey: config.licensePublicKey ?? null,
    write,
    log,
  });
  teardown.add(() => license.stop());
  await license.start();
  const traces = await openTracing(options);
  return {
    requests: createRequestMonitor({ stats, write, trace: traces?.traceRequest ?? null }),
    license,
    tracing: traces?.tracing ?? null,
    flushPeriod: writer,
    exportScores: (engine) => {
      if (write === null || !config.influxdbScores) return;
      exportScores(engine, write).catch((error: unknown) =>
        log.error({ err: error }, 'scores are written to InfluxDB no more'),
      );
    },
  };
}

/** Null where no InfluxDB is set. */
function createWriter(config: Config, log: Log, stats: Stats): InfluxdbWriter | null {
  const { influxdbUrl: url, influxdbOrg: org, influxdbBucket: bucket, influxdbToken: token } = config;
  // The settings were checked: with the URL come organisation and bucket.
  if (url === undefined || org === undefined || bucket === undefined) return null;
  const send = createSendPoints({ url, org, bucket, token }, log);
  return new InfluxdbWriter({ send, stats, log, flushSeconds: config.monitoringFlushSeconds });
}

/** Null where no collector is set: nothing of OpenTelemetry is loaded then. */
async function openTracing(options: MonitoringOptions) {
  const url = findCollector(options.config);
  if (url === null) return null;
  const { startTracing } = await import('../platform/tracing/start-tracing.ts');
  const { stop, ...traces } = startTracing({ url, ...options });
  options.teardown.add(stop);
  return traces;
}

/** By OpenTelemetry's rules: the address for traces as it is, or below the one for everything. */
function findCollector(config: Config): string | null {
  if (config.otelDisabled || config.tracesExporter === 'none') return null;
  if (config.otlpTracesEndpoint !== undefined) return config.otlpTracesEndpoint;
  return config.otlpEndpoint === undefined ? null : `${config.otlpEndpoint.replace(/\/$/, '')}/v1/traces`;
}

const BATCH_SCORES = 1000;

/** Every score from now on. Its time is the sample's, so that one written twice is one. */
async function exportScores(
  { live, registry }: Pick<Engine, 'live' | 'registry'>,
  write: WriteMonitorPoint,
): Promise<void> {
  const events = live.subscribe({
    filter: {},
    after: null,
    maxBatch: BATCH_SCORES,
    lingerMs: 0,
    isInternal: true,
  });
  for await (const { scores } of events) {
    for (const score of scores) {
      const metric = registry.byNumber(score.metricNumber);
      if (metric !== undefined) write(describeScore(score, metric));
    }
  }
}
