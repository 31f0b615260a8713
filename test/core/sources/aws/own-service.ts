/** Lapwing's own CloudWatch service, as the contract wants it: values come in as anybody puts them. */
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { startCloudwatch } from '../../../api/http/aws/cloudwatch-server.ts';
import type { AwsService, OptionalCase } from './service.ts';

const REGION = 'us-west-2';
const DATA_PER_CALL = 500;

/** Nobody can put into the namespaces of AWS there; it knows no volumes, and does not fail to order. */
export const OWN_SERVICE_LACKS: ReadonlySet<OptionalCase> = new Set(['AWS namespaces', 'volumes', 'faults']);

export async function startOwnService(): Promise<AwsService> {
  const server = await startCloudwatch();
  await server.cloudwatch.findFirstAccount();
  const { endpoint, credentials } = server;
  const client = new CloudWatchClient({ endpoint, credentials, region: REGION, maxAttempts: 1 });
  const { resource } = server.database.prisma;
  return {
    url: endpoint,
    credentials,
    region: REGION,
    put: async ({ namespace, metric, dimensions }, data) => {
      const MetricData = data.map(({ timestampMs, values }) => ({
        MetricName: metric,
        Dimensions: dimensions.map(({ name, value }) => ({ Name: name, Value: value })),
        Timestamp: new Date(timestampMs),
        Values: [...values],
      }));
      for (let start = 0; start < MetricData.length; start += DATA_PER_CALL) {
        const some = MetricData.slice(start, start + DATA_PER_CALL);
        await client.send(new PutMetricDataCommand({ Namespace: namespace, MetricData: some }));
      }
    },
    setInstances: async (list) => {
      await resource.deleteMany();
      await resource.createMany({
        data: list.map(({ id, state, tags }) => ({
          datasource: 'CLOUDWATCH',
          region: REGION,
          type: 'AWS::EC2::Instance',
          namespace: 'AWS/EC2',
          resourceId: id,
          state,
          tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
        })),
      });
    },
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}
