/** Whether AWS lets this server read, without reading anything of use: `lapwing check` asks. */
import type { AwsClients } from './clients.ts';
import { describeAwsFailure } from './failure.ts';
import type { ReadSeries } from './read-series.ts';

/** @returns what keeps this server from reading in the region, each once; nothing where all can be read. Never rejects. */
export type TryAccess = (region: string, signal: AbortSignal) => Promise<readonly string[]>;

const HOUR_MS = 3_600_000;
/** The fewest that EC2 takes. */
const EC2_RESULTS = 5;
/** Every account may ask for it, whether it has such machines or not. */
const QUERY = {
  namespace: 'AWS/EC2',
  metric: 'CPUUtilization',
  dimensions: [],
  statistic: 'Average',
  periodSeconds: 300,
};

/** The smallest request of each kind that sources and autostacks make: IAM allows each by itself. */
export function createTryAccess(options: {
  readonly clients: Pick<AwsClients, 'cloudwatch' | 'ec2'>;
  readonly readSeries: ReadSeries;
  readonly now: () => number;
}): TryAccess {
  const { clients, readSeries, now } = options;
  return async (region, abortSignal) => {
    const listMetrics = async () => {
      const { ListMetricsCommand } = await import('@aws-sdk/client-cloudwatch');
      const client = await clients.cloudwatch(region);
      await client.send(new ListMetricsCommand({ Namespace: QUERY.namespace }), { abortSignal });
    };
    const readOne = async () => {
      const toMs = Math.floor(now() / HOUR_MS) * HOUR_MS;
      const [answer] = await readSeries(region, [QUERY], { fromMs: toMs - HOUR_MS, toMs }, abortSignal);
      if (answer instanceof Error) throw answer;
    };
    const describeInstances = async () => {
      const { DescribeInstancesCommand } = await import('@aws-sdk/client-ec2');
      const client = await clients.ec2(region);
      await client.send(new DescribeInstancesCommand({ MaxResults: EC2_RESULTS }), { abortSignal });
    };
    const describeVolumes = async () => {
      const { DescribeVolumesCommand } = await import('@aws-sdk/client-ec2');
      const client = await clients.ec2(region);
      await client.send(new DescribeVolumesCommand({ MaxResults: EC2_RESULTS }), { abortSignal });
    };
    const tries = [
      ['CloudWatch', listMetrics],
      ['CloudWatch', readOne],
      ['EC2', describeInstances],
      ['EC2', describeVolumes],
    ] as const;
    const problems = await Promise.all(
      tries.map(([service, attempt]) =>
        attempt().then(
          () => [],
          (error: unknown) => [describeAwsFailure(service, error).message],
        ),
      ),
    );
    return [...new Set(problems.flat())];
  };
}
