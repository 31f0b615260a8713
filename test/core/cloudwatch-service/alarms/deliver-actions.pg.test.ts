import { afterAll, beforeAll, expect, it } from 'vitest';
import { ActionDelivery } from '../../../../src/core/cloudwatch-service/alarms/deliver-actions.ts';
import { createLog } from '../../../../src/log.ts';
import { createOutbound } from '../../../../src/platform/outbound/outbound-client.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { type TestDatabase, withDatabase } from '../../../helpers/database.ts';
import { until } from '../../../helpers/until.ts';
import { NOON } from '../service.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await withDatabase();
  await database.pool.query(`INSERT INTO cloudwatch_account (id, name) VALUES (1, 'one')`);
});
afterAll(() => database[Symbol.asyncDispose]());

const arnOf = (target: string) => `arn:aws:sns:us-east-1:000000000001:${target}`;

async function write(target: string, count: number): Promise<void> {
  await database.pool.query(
    `INSERT INTO cloudwatch_alarm_action (account_id, alarm_name, action, payload, due_at)
     SELECT 1, 'alarm ' || n, $1, '{}', $2 FROM generate_series(1, $3) AS n`,
    [arnOf(target), NOON, count],
  );
}

// agent-orchestrator#1937: a delivery that hangs blocks those to others.
it('delays no webhook by another one that does not answer', async () => {
  const posted: string[] = [];
  const hung: (() => void)[] = [];
  const post = async ({ url }: { readonly url: URL }) => {
    posted.push(url.hostname);
    if (url.hostname !== 'hung') return { status: 200, body: '', headers: {} };
    await new Promise<void>((resolve) => hung.push(resolve));
    throw new Error('no answer within 10 s');
  };
  const delivery = new ActionDelivery({
    pool: database.pool,
    log: createLog('silent'),
    stats: createStats(),
    now: () => NOON,
    webhooks: new Map(['hung', 'healthy'].map((name) => [name, new URL(`http://${name}/`)])),
    outbound: { ...createOutbound({ allowed: 'all' }), post },
  });
  const countHealthy = () => posted.filter((name) => name === 'healthy').length;
  await write('hung', 50);
  await write('healthy', 1);
  const runs = [delivery.run()];
  await until(() => expect([countHealthy(), hung.length]).toEqual([1, 20]));
  // What comes while the first run still waits, and to a target nobody has set.
  await write('healthy', 2);
  await write('unknown', 1);
  runs.push(delivery.run());
  await until(() => expect(countHealthy()).toBe(3));
  await until(async () => {
    const { rows } = await database.pool.query('SELECT DISTINCT action FROM cloudwatch_alarm_action');
    expect(rows).toEqual([{ action: arnOf('hung') }]);
  });
  // A stop waits for what is under way, each tried twice, and begins with none of the 30 that are left.
  const stopped = delivery.stop();
  await until(() => {
    while (hung.length > 0) hung.shift()?.();
    expect(posted.filter((name) => name === 'hung')).toHaveLength(40);
  });
  await Promise.all([stopped, ...runs]);
  expect(posted).toHaveLength(43);
});
