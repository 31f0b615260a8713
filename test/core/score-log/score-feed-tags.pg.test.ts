/** Tags of resources that another service keeps change when its resources are listed again. */
import { expect, it } from 'vitest';
import type { ScoreEvent } from '../../../src/core/score-log/score-feed.ts';
import { startAwsEngine } from '../sources/aws/start-aws-engine.ts';
import type { Script, ScriptedInstance } from '../sources/aws/script.ts';
import { withDatabase } from '../../helpers/database.ts';

const PERIOD_MS = 300_000;
const START = Math.floor(Date.now() / PERIOD_MS) * PERIOD_MS - 86_400_000;
const REGION = 'us-west-2';

const instance = (id: string, env: string): ScriptedInstance => ({ id, state: 'running', tags: { env } });

async function take(events: AsyncIterator<ScoreEvent, undefined>, count: number): Promise<readonly number[]> {
  const metrics: number[] = [];
  while (metrics.length < count) {
    const next = await events.next();
    if (next.done === true) throw new Error('the subscription ended');
    metrics.push(...next.value.scores.map(({ metricNumber }) => metricNumber));
  }
  return metrics;
}

it('a subscription by tags follows the tags of instances from one listing to the next', async () => {
  await using database = await withDatabase();
  const script = {
    valueAt: () => 1,
    instances: new Map([[REGION, [instance('i-0001', 'prod'), instance('i-0002', 'test')]]]),
    nextFault: () => null,
  } satisfies Script;
  await using aws = await startAwsEngine(database, script, { startMs: START, historyDays: 1 });
  const { inventory, live, monitor, registry } = aws.engine;
  await inventory.start();
  await inventory.ensure(REGION, -1);
  const keys: number[] = [];
  for (const id of ['i-0001', 'i-0002']) {
    const metric = await monitor.monitorMetric({
      datasource: 'CLOUDWATCH',
      spec: {
        region: REGION,
        namespace: 'AWS/EC2',
        metric: 'CPUUtilization',
        dimensions: { InstanceId: id },
      },
    });
    keys.push(registry.byId(metric)?.number ?? -1);
  }
  const [first = -1, second = -1] = keys;
  await aws.catchUp();
  const subscribe = () =>
    live.subscribe({
      filter: { tags: [{ key: 'env', values: ['prod'] }] },
      after: live.head(),
      maxBatch: 100,
      lingerMs: 0,
    });
  const events = subscribe();
  const next = async () => {
    aws.clock.nowMs += PERIOD_MS;
    await aws.catchUp();
  };
  await next();
  expect(await take(events, 1)).toEqual([first]);
  script.instances.set(REGION, [instance('i-0001', 'test'), instance('i-0002', 'prod')]);
  await inventory.ensure(REGION, -1);
  await next();
  await next();
  expect(await take(events, 2)).toEqual([second, second]);
  await events.return?.();
});
