/** The SDK's clients, one per region and service, made when first needed: loading the SDK takes its time. */
import type { CloudWatchClient, CloudWatchClientConfig } from '@aws-sdk/client-cloudwatch';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Counter } from '../../../platform/telemetry/metrics.ts';

/** How the source counts what it does. */
export type CountAws = (name: Counter & `cloudwatch_${string}`, by?: number) => void;

export interface AwsClients {
  /** @param region a region AWS has */
  readonly cloudwatch: (region: string) => Promise<CloudWatchClient>;
  readonly ec2: (region: string) => Promise<EC2Client>;
  readonly stop: () => void;
}

export interface AwsAccess {
  /** Where anything that speaks AWS listens; null for AWS itself, or what the SDK's own variables say. */
  readonly endpoint: () => Promise<string | null>;
  /** Null for the SDK's own chain: variables, profiles, roles. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  /** Tries of one call. The SDK slows down by itself when it is throttled. */
  readonly maxAttempts?: number;
}

const MAX_ATTEMPTS = 6;
const CONNECT_MS = 3000;
const ANSWER_MS = 20_000;

export function createAwsClients({
  endpoint,
  credentials = null,
  maxAttempts = MAX_ATTEMPTS,
}: AwsAccess): AwsClients {
  const cloudwatch = new Map<string, Promise<CloudWatchClient>>();
  const ec2 = new Map<string, Promise<EC2Client>>();
  const clients = new Set<{ destroy: () => void }>();

  const settings = async (region: string) => {
    const url = await endpoint();
    return {
      region,
      maxAttempts,
      // Slows all calls of a client down once one was throttled, instead of trying each against the limit.
      retryMode: 'adaptive',
      // Without throwOnRequestTimeout the SDK only logs that an endpoint is silent, and waits on.
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        requestTimeout: ANSWER_MS,
        socketTimeout: ANSWER_MS,
        throwOnRequestTimeout: true,
      },
      ...(url === null ? {} : { endpoint: url }),
      ...(credentials === null ? {} : { credentials }),
    } satisfies CloudWatchClientConfig;
  };

  const keep = <Client extends { destroy: () => void }>(client: Client): Client => {
    clients.add(client);
    return client;
  };

  return {
    cloudwatch: (region) =>
      remember(cloudwatch, region, async () => {
        const { CloudWatchClient } = await import('@aws-sdk/client-cloudwatch');
        return keep(new CloudWatchClient(await settings(region)));
      }),
    ec2: (region) =>
      remember(ec2, region, async () => {
        const { EC2Client } = await import('@aws-sdk/client-ec2');
        return keep(new EC2Client(await settings(region)));
      }),
    stop: () => {
      for (const client of clients) client.destroy();
      clients.clear();
    },
  };
}

/** There are no more regions than AWS has, so the map needs no bound. A failed making is tried again. */
function remember<T>(made: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = made.get(key);
  if (known !== undefined) return known;
  const making = make();
  made.set(key, making);
  making.catch(() => made.delete(key));
  return making;
}
