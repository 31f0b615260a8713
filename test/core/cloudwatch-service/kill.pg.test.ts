import { expect, it } from 'vitest';
import { withDatabase } from '../../helpers/database.ts';
import { createDeferred } from '../../helpers/deferred.ts';
import { startServerProcess, type ServerProcess } from '../../helpers/server-process.ts';

const ROUNDS = 1;
const SENDERS = 8;
const ACKNOWLEDGED_BEFORE_KILL = 60;
const HEADERS = { 'content-type': 'application/x-amz-json-1.0' };

const start = (connection: string) =>
  startServerProcess({
    DATABASE_URL: connection,
    LAPWING_PORT: '0',
    LAPWING_GRAPHITE_PORT: '',
    LAPWING_HOST_METRICS: 'off',
    LAPWING_CLOUDWATCH_ACCEPT_ANY_SIGNATURE: 'on',
    LAPWING_LOG_LEVEL: 'silent',
  });

function ask(server: ServerProcess, operation: string, input: object): Promise<Response> {
  const target = { 'x-amz-target': `GraniteServiceVersion20100801.${operation}` };
  return fetch(server.addresses.cloudwatch ?? '', {
    method: 'POST',
    headers: { ...HEADERS, ...target },
    body: JSON.stringify(input),
  });
}

/** Every request is of a series of its own, so that each can be counted. */
async function sendUntilKilled(server: ServerProcess, prefix: string): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  const kill = createDeferred<Promise<void>>();
  let killed = false;
  const send = async (sender: number): Promise<void> => {
    for (let i = 0; !killed; i++) {
      const MetricName = `${prefix}-${sender}-${i}`;
      const data = Array.from({ length: 20 }, () => ({ MetricName, Value: 1 }));
      // A server that is killed answers nothing: what was not acknowledged is not counted on.
      const answer = await ask(server, 'PutMetricData', { Namespace: 'Kill', MetricData: data }).catch(
        () => null,
      );
      if (answer?.status !== 200) continue;
      acknowledged.push(MetricName);
      if (acknowledged.length === ACKNOWLEDGED_BEFORE_KILL) {
        killed = true;
        kill.resolve(server.kill());
      }
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, (_, sender) => send(sender)));
  await kill.promise;
  return acknowledged;
}

it('kill -9 under load loses nothing that was answered with 200, and counts nothing twice', async () => {
  await using database = await withDatabase();
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    acknowledged.push(...(await sendUntilKilled(await start(database.connection), `r${round}`)));
  }
  await using server = await start(database.connection);
  const found = new Map<string, number>();
  const { rows } = await database.pool.query<{ name: string; count: number }>(
    `SELECT name, sum(sample_count) AS count FROM cloudwatch_series
     JOIN cloudwatch_aggregate ON series_id = id GROUP BY name`,
  );
  for (const { name, count } of rows) found.set(name, count);
  expect(acknowledged.length).toBeGreaterThanOrEqual(ROUNDS * ACKNOWLEDGED_BEFORE_KILL);
  expect(acknowledged.filter((name) => found.get(name) !== 20)).toEqual([]);
  expect([...found.values()].filter((count) => count !== 20)).toEqual([]);
  const now = Date.now();
  const answer = await ask(server, 'GetMetricStatistics', {
    Namespace: 'Kill',
    MetricName: acknowledged[0],
    StartTime: Math.floor(now / 1000) - 3600,
    EndTime: Math.floor(now / 1000) + 60,
    Period: 7200,
    Statistics: ['SampleCount'],
  });
  expect(await answer.json()).toMatchObject({ Datapoints: [{ SampleCount: 20 }] });
});
