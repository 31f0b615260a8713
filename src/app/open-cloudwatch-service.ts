/** The CloudWatch service, as the settings ask for it. */
import { createCloudwatch, type Cloudwatch } from '../core/cloudwatch-service/service.ts';
import { createSeriesWatch } from '../core/cloudwatch-service/watch-series.ts';
import type { CloudwatchLimits } from '../core/cloudwatch-service/model/limits.ts';
import type { Config } from '../platform/config/read-config.ts';
import type { Engine } from './build-core.ts';
import type { SealingKeys } from './sealing-keys.ts';
import type { SendEnvironment } from './app-context.ts';

export async function openCloudwatch(
  options: SendEnvironment & {
    readonly engine: Engine;
    readonly sealingKeys: SealingKeys;
    /** Reads only: the leader evaluates alarms. */
    readonly isReplica: boolean;
  },
): Promise<Cloudwatch> {
  const { config, log, engine, sealingKeys, isReplica, teardown } = options;
  const { cloudwatchAccessKeyId: accessKeyId, cloudwatchSecretAccessKey: secretAccessKey } = config;
  const hasKey = accessKeyId !== undefined && secretAccessKey !== undefined && !isReplica;
  const cloudwatch = await createCloudwatch({
    pool: engine.pool,
    prisma: engine.prisma,
    log,
    stats: engine.stats,
    now: () => new Date(),
    seal: sealingKeys.cloudwatch,
    firstKey: hasKey ? { accessKeyId, secretAccessKey } : null,
    retentionDays: config.cloudwatchRetentionDays,
    rollupDays: config.cloudwatchRollupDays,
    webhooks: config.cloudwatchWebhooks,
    ...(config.awsEndpoint === 'self' && { watch: createSeriesWatch(engine.monitor) }),
    limits: readLimits(config),
  });
  teardown.add(() => cloudwatch.stop());
  if (!isReplica) cloudwatch.start();
  return cloudwatch;
}

/** Those an operator has reason to change; the others are AWS' contract with its clients. */
function readLimits(config: Config): Partial<CloudwatchLimits> {
  const { cloudwatchRequestsPerSecond: requestsPerSecond, cloudwatchBodyBytes: bodyBytes } = config;
  return {
    awsNamespaces: config.cloudwatchAwsNamespaces,
    requestsPerSecond,
    requestBurst: 2 * requestsPerSecond,
    dataPerRequest: config.cloudwatchDataPerRequest,
    bodyBytes,
    inflatedBytes: 4 * bodyBytes,
    queuedData: config.cloudwatchQueuedData,
    alarmsPerAccount: config.cloudwatchAlarms,
  };
}
