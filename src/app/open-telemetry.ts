/** Puts together what watches the server itself: its requests, its licence, and InfluxDB as the place for both. */
import type { Config } from '../platform/config/read-config.ts';
import type { Engine } from './build-core.ts';
import type { Log } from '../log.ts';
import { createSendPoints } from '../platform/telemetry/send-points.ts';
import { InfluxdbWriter, type FlushPeriod } from '../platform/telemetry/influxdb-writer.ts';
import { createLicenseWatch, type LicenseWatch } from '../platform/telemetry/license-watch.ts';
import { describeScore, type WriteMonitorPoint } from '../platform/telemetry/request-point.ts';
import { createRequestMonitor, type RequestMonitor } from '../platform/telemetry/request-monitor.ts';
import type { Stats } from '../platform/telemetry/metrics.ts';
import type { Teardown } from '../platform/runtime/shutdown-stack.ts';

export interface SelfMonitoring {
  readonly requests: RequestMonitor;
  readonly license: LicenseWatch;
  /** Null where no InfluxDB is set. */
  readonly flushPeriod: FlushPeriod | null;
  /** Begins to write scores, where the settings ask for it. Ends with the engine's subscriptions. */
  readonly exportScores: (engine: Pick<Engine, 'live' | 'registry'>) => void;
}

/** Starts it before all else, so that it stops after all else: the last requests are written too. */
export async function startSelfMonitoring(options: {
  readonly config: Config;
  readonly log: Log;
  readonly stats: Stats;
  readonly teardown: Teardown;
}): Promise<SelfMonitoring> {
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
  return {
    requests: createRequestMonitor({ stats, write }),
    license,
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
