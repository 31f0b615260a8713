/** What ends the server, and what does not. */
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withDatabase } from '../helpers/database.ts';
import { startServerProcess } from '../helpers/server-process.ts';
import { until } from '../helpers/until.ts';

const FAILING = join(import.meta.dirname, 'fail-in-server.ts');

test('a failure nothing catches costs what it happened in; the server goes on, measures its host, and stops as it should', async () => {
  await using database = await withDatabase();
  const settings = {
    DATABASE_URL: database.connection,
    LAPWING_PORT: '0',
    LAPWING_GRAPHITE_PORT: '',
    LAPWING_LOG_LEVEL: 'error',
    LAPWING_HOST_PERIOD_SECONDS: '1',
  };
  // A log nothing can be written to harms nobody either.
  const log = existsSync('/dev/full') ? openSync('/dev/full', 'w') : 'pipe';
  await using server = await startServerProcess(settings, { preload: [FAILING], stderr: log });
  const url = server.addresses.http ?? '';
  const read = async (name: string) => {
    const text = await (await fetch(`${url}metrics`)).text();
    return Number(new RegExp(`^lapwing_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  };
  const ask = async (query: string) => {
    const response = await fetch(`${url}graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    return ((await response.json()) as { data: unknown }).data;
  };
  await ask(
    'mutation { monitorMetric(input: { spec: { host: { metric: "NetworkInBytesPerSecond" } } }) { __typename } }',
  );
  server.child.kill('SIGUSR2');
  await until(async () => expect(await read('unexpected_failures_total')).toBe(2));
  const stored = await read('points_accepted_total');
  // Two more readings of the host at least, without any process.
  await until(async () => expect(await read('points_accepted_total')).toBeGreaterThan(stored + 1));
  expect(await read('unexpected_failures_total')).toBe(2);
  expect(await ask('{ metrics { nodes { status } } }')).toEqual({
    metrics: { nodes: [{ status: 'ACTIVE' }] },
  });
  expect(await server.terminate()).toBe(0);
});
