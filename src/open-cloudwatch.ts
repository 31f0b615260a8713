/** The CloudWatch service, as the settings ask for it. */
import { createCloudwatch, nameKeyFile, type Cloudwatch } from './cloudwatch/cloudwatch.ts';
import { createSeriesWatch } from './cloudwatch/watch-series.ts';
import type { Engine } from './engine.ts';
import type { Surroundings } from './surroundings.ts';

export async function openCloudwatch(
  options: Surroundings & { readonly engine: Engine },
): Promise<Cloudwatch> {
  const { config, log, engine, teardown } = options;
  const { cloudwatchAccessKeyId: accessKeyId, cloudwatchSecretAccessKey: secretAccessKey } = config;
  const hasKey = accessKeyId !== undefined && secretAccessKey !== undefined;
  const cloudwatch = await createCloudwatch({
    pool: engine.pool,
    prisma: engine.prisma,
    log,
    stats: engine.stats,
    now: () => new Date(),
    keyFile: nameKeyFile(config.dataDir),
    firstKey: hasKey ? { accessKeyId, secretAccessKey } : null,
    retentionDays: config.cloudwatchRetentionDays,
    rollupDays: config.cloudwatchRollupDays,
    webhooks: config.cloudwatchWebhooks,
    ...(config.awsEndpoint === 'self' && { watch: createSeriesWatch(engine.monitor) }),
    limits: { awsNamespaces: config.cloudwatchAwsNamespaces },
  });
  teardown.add(() => cloudwatch.stop());
  cloudwatch.start();
  return cloudwatch;
}
