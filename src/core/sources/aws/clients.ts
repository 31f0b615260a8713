/** The SDK's clients, one per region and service, made when first needed: loading the SDK takes its time. */
import type { CloudWatchClient, CloudWatchClientConfig } from '@aws-sdk/client-cloudwatch';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Counter } from '../../../platform/telemetry/metrics.ts';
import { RegionalClients } from './regional-clients.ts';

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
/**
 * An option of the SDK's credential providers, which are given all options of their client: without it the files of
 * credentials and profiles are read once per process, and what was written into them later is never seen.
 */
const READ_FILES_ANEW = { ignoreCache: true };

export function createAwsClients({
  endpoint,
  credentials = null,
  maxAttempts = MAX_ATTEMPTS,
}: AwsAccess): AwsClients {
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
      ...READ_FILES_ANEW,
      ...(url === null ? {} : { endpoint: url }),
      ...(credentials === null ? {} : { credentials }),
    } satisfies CloudWatchClientConfig;
  };

  const cloudwatch = new RegionalClients(async (region) => {
    const { CloudWatchClient } = await import('@aws-sdk/client-cloudwatch');
    return new CloudWatchClient(await settings(region));
  });
  const ec2 = new RegionalClients(async (region) => {
    const { EC2Client } = await import('@aws-sdk/client-ec2');
    return new EC2Client(await settings(region));
  });

  return {
    cloudwatch: (region) => cloudwatch.of(region),
    ec2: (region) => ec2.of(region),
    stop: () => {
      cloudwatch.stop();
      ec2.stop();
    },
  };
}
