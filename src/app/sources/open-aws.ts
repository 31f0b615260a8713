/** AWS as the settings say: the real one, another that speaks as it does, or this server's own CloudWatch service. */
import type { Config } from '../../platform/config/read-config.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { createAws, type Aws } from '../../core/sources/aws/aws.ts';
import type { AwsAccess } from '../../core/sources/aws/clients.ts';

export interface OpenAws {
  readonly aws: Aws;
  /** To be called once this server listens: until then what asks its own service waits. */
  readonly tellOwnUrl: (url: string) => void;
}

/** @param access.maxAttempts tries of one call; some, with pauses between them, when left out */
export function openAws(config: Config, stats: Stats, access: Pick<AwsAccess, 'maxAttempts'> = {}): OpenAws {
  const { awsEndpoint = null, cloudwatchAccessKeyId, cloudwatchSecretAccessKey } = config;
  let tellOwnUrl: (url: string) => void = () => undefined;
  const ownUrl = new Promise<string>((resolve) => {
    tellOwnUrl = resolve;
  });
  const isOwn = awsEndpoint === 'self';
  const hasOwnKey = cloudwatchAccessKeyId !== undefined && cloudwatchSecretAccessKey !== undefined;
  const aws = createAws({
    ...access,
    endpoint: () => (isOwn ? ownUrl : Promise.resolve(awsEndpoint)),
    // Its own service knows the key of its first account; who asks another AWS has keys of that.
    credentials:
      isOwn && hasOwnKey
        ? { accessKeyId: cloudwatchAccessKeyId, secretAccessKey: cloudwatchSecretAccessKey }
        : null,
    stats,
    historyDays: config.awsHistoryDays,
    settleSeconds: config.awsSettleSeconds,
  });
  return { aws, tellOwnUrl };
}
