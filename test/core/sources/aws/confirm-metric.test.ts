import { describe, expect, it } from 'vitest';
import { NotSupportedError } from '../../../../src/errors.ts';
import { createAwsClients } from '../../../../src/core/sources/aws/clients.ts';
import { createConfirmMetric } from '../../../../src/core/sources/aws/confirm-metric.ts';
import { startAwsImitation } from './imitation.ts';
import { BROKEN, type Script } from './script.ts';

const region = 'us-west-2';
const list = (namespace: string, metric: string, ...names: readonly string[]) => ({
  region,
  namespace,
  metric,
  dimensions: names.map((name) => ({ name, value: 'v' })),
});
const METRICS = [
  list('AWS/EC2', 'CPUUtilization', 'InstanceId'),
  list('AWS/EC2', 'CPUUtilization', 'ImageId'),
  list('AWS/EC2', 'StatusCheckFailed', 'InstanceId'),
  list('Shop', 'orders', 'Store', 'Country'),
];

async function startConfirming(script: Omit<Script, 'valueAt'>) {
  const aws = await startAwsImitation({ valueAt: () => null, ...script });
  const clients = createAwsClients({
    endpoint: () => Promise.resolve(aws.url),
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
  let unconfirmed = 0;
  const confirm = createConfirmMetric(clients.cloudwatch, {
    onUnconfirmed: () => void (unconfirmed += 1),
    maxWaitMs: 600_000,
  });
  const stop = async () => {
    clients.stop();
    await aws[Symbol.asyncDispose]();
  };
  return {
    confirm: (namespace: string, metric: string, ...names: readonly string[]) => {
      const dimensions = names.map((name) => ({ name, value: name === 'InstanceId' ? 'i-0123' : 'x' }));
      return confirm({ region, namespace, metric, dimensions });
    },
    readUnconfirmed: () => unconfirmed,
    [Symbol.asyncDispose]: stop,
  };
}

describe('a metric the catalogue does not know', () => {
  it('is taken when CloudWatch lists it, in whatever order its dimensions are given', async () => {
    await using aws = await startConfirming({ metrics: METRICS });
    await aws.confirm('AWS/EC2', 'StatusCheckFailed', 'InstanceId');
    await aws.confirm('AWS/EC2', 'CPUUtilization', 'ImageId');
    await aws.confirm('Shop', 'orders', 'Country', 'Store');
  });

  it.each([
    [
      'AWS/EC2',
      'Foobar',
      'InstanceId',
      'metric: CloudWatch lists no "Foobar" in AWS/EC2 of us-west-2; it lists',
    ],
    ['AWS/EC2', 'CPUUtilization', 'Instance', 'with InstanceId or ImageId, not with Instance;'],
    [
      'Shop',
      'orders',
      'Store',
      'dimensions: CloudWatch lists Shop/orders with Country and Store, not with Store;',
    ],
    ['AWS/EC3', 'CPUUtilization', 'InstanceId', 'namespace: CloudWatch lists nothing of "AWS/EC3"'],
  ])('is refused when others are listed instead: %s %s by %s', async (namespace, metric, name, message) => {
    await using aws = await startConfirming({ metrics: METRICS });
    const failure = aws.confirm(namespace, metric, name);
    await expect(failure).rejects.toBeInstanceOf(NotSupportedError);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toThrow('`unlisted: true` takes it all the same');
  });

  // As Container Insights has them: by pod before those of the whole cluster.
  const PODS = Array.from({ length: 1200 }, () =>
    list('ContainerInsights', 'pod_cpu_utilization', 'ClusterName', 'Namespace', 'PodName'),
  );
  const CLUSTER = list('ContainerInsights', 'pod_cpu_utilization', 'ClusterName');

  it.each([0, 3])('is looked for on all pages, empty ones too: %d', async (emptyPages) => {
    const metrics = [...PODS, CLUSTER, ...METRICS];
    await using aws = await startConfirming({ metrics, emptyPages });
    await aws.confirm('ContainerInsights', 'pod_cpu_utilization', 'ClusterName');
    await aws.confirm('Shop', 'orders', 'Country', 'Store');
    await expect(aws.confirm('ContainerInsights', 'pod_cpu_utilization', 'PodName')).rejects.toThrow(
      'with ClusterName and Namespace and PodName, not with PodName',
    );
    await expect(aws.confirm('Shop', 'order', 'Country', 'Store')).rejects.toThrow('it lists orders');
    expect(aws.readUnconfirmed()).toBe(0);
  });

  it('is taken where CloudWatch lists more than is looked at', async () => {
    await using aws = await startConfirming({ metrics: METRICS, emptyPages: 10 });
    await aws.confirm('Shop', 'order', 'Country', 'Store');
    await aws.confirm('AWS/EC3', 'CPUUtilization', 'InstanceId');
  });

  it('is taken with more dimensions than a question may have', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `d${index}`);
    const more = list('Shop', 'orders', ...names, 'd12');
    await using aws = await startConfirming({ metrics: [more, list('Shop', 'orders', ...names)] });
    await aws.confirm('Shop', 'orders', ...names);
    await expect(aws.confirm('Shop', 'orders', ...names.slice(0, 11))).rejects.toThrow(NotSupportedError);
  });

  it('is taken where there is nothing to compare with: a namespace not used yet, an AWS that does not answer', async () => {
    await using empty = await startConfirming({ metrics: [] });
    await empty.confirm('Shop', 'orders', 'Store');
    await empty.confirm('AWS/EC2', 'CPUCreditBalance', 'InstanceId');
    let asked = 0;
    const nextFault = () => {
      asked += 1;
      return BROKEN;
    };
    await using broken = await startConfirming({ metrics: METRICS, nextFault });
    await broken.confirm('AWS/EC2', 'Foobar', 'InstanceId');
    await broken.confirm('AWS/EC2', 'Foobaz', 'InstanceId');
    // Many at once do not each wait for what is silent.
    expect(asked).toBe(1);
    expect([empty.readUnconfirmed(), broken.readUnconfirmed()]).toEqual([0, 2]);
  });

  it('is not asked about when the catalogue has it', async () => {
    let asked = 0;
    const nextFault = () => {
      asked += 1;
      return null;
    };
    await using aws = await startConfirming({ metrics: [], nextFault });
    await aws.confirm('AWS/EC2', 'CPUUtilization', 'InstanceId');
    expect(asked).toBe(0);
  });
});
