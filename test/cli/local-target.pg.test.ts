/** The command line on a database without a server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLocalEnd } from '../../src/cli/local-target.ts';
import { createLog } from '../../src/log.ts';
import { readConfig } from '../../src/platform/config/read-config.ts';
import { withDatabase } from '../helpers/database.ts';
import { startEngine, untilStatus } from '../helpers/start-engine.ts';

const DAY_MS = 86_400_000;

it('an export drops nothing, however long the server keeps samples and the shell does not say so', async () => {
  await using database = await withDatabase();
  const oldMs = Date.now() - 400 * DAY_MS;
  {
    await using engine = await startEngine(database);
    const points = [oldMs, oldMs + 60_000, Date.now()].map((timestampMs, value) => {
      return { metric: 'kept', timestampMs, value };
    });
    await engine.accept.acceptNamed(points);
    const spec = { name: 'kept' };
    const model = { min: 0, max: 20 };
    await untilStatus(
      engine,
      await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec, model }),
      'ACTIVE',
    );
  }
  // As if they had come when they were new.
  await database.pool.query(
    `UPDATE sample_month SET last_write = month WHERE month < now() - interval '300 days'`,
  );
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-local-'));
  const config = readConfig({ DATABASE_URL: database.connection, LAPWING_DATA_DIR: folder });
  expect(config.retentionDays).toBe(90);
  const counts: unknown[] = [];
  // What the first one began is done when the second one reads.
  for (let time = 0; time < 2; time += 1) {
    const end = await openLocalEnd(config, createLog('silent'));
    for await (const model of end.exportModels()) counts.push((model as { data: unknown[] }).data.length);
    await end.stop();
  }
  await rm(folder, { recursive: true });
  expect(counts).toEqual([3, 3]);
  const { rows } = await database.pool.query('SELECT count(*)::int AS count FROM sample');
  expect(rows).toEqual([{ count: 3 }]);
});
