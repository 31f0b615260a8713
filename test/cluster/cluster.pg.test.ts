import { expect, it } from 'vitest';
import { NOTHING_WRONG } from '../faults/judge.ts';
import { withDatabase } from '../helpers/database.ts';
import { runCluster } from './run-cluster.ts';

it(
  'members that are killed and stopped under load lose, double and score otherwise nothing, and streams go on at any of them',
  { timeout: 180_000 },
  async () => {
    await using database = await withDatabase({ migrated: false });
    const { connection } = database;
    const report = await runCluster({
      connections: [connection],
      faults: ['kill leader', 'stop leader', 'kill replica'],
    });
    expect(report.acknowledged).toBeGreaterThan(0);
    expect(report.logged).toBeGreaterThan(0);
    expect(report).toMatchObject({ ...NOTHING_WRONG, strangeAnswers: [], stuck: null });
  },
);
