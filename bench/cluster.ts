/**
 * Takes members of a cluster of three on one PostgreSQL away, again and again, under load, and counts what went wrong and how
 * long nobody acknowledged points: `npm run bench:cluster -- --losses "kill leader,kill replica" --cycles 25`.
 *
 *   --losses …   of: kill leader, kill replica, stop leader, stop replica, freeze leader; kill leader when left out
 *   --cycles N   how often all of them; 10 when left out
 */
import { parseArgs } from 'node:util';
import { createLog } from '../src/log.ts';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { CLUSTER_LOSSES, type ClusterLoss, runCluster } from '../test/cluster/run-cluster.ts';
import { countWrongData } from '../test/faults/judge.ts';

const { values } = parseArgs({
  options: {
    losses: { type: 'string', default: 'kill leader' },
    cycles: { type: 'string', default: '10' },
  },
});
const wanted = values.losses.split(',').map((given) => {
  const loss = CLUSTER_LOSSES.find((known) => known === given.trim());
  if (loss === undefined)
    throw new Error(`--losses: expected some of ${CLUSTER_LOSSES.join(', ')}, got ${given}`);
  return loss;
});

// It waits for the disk, as in production.
await using database = await startTemporaryEmbedded({
  log: createLog('silent'),
  settings: { fsync: 'on' },
});
const losses = Array.from({ length: Number(values.cycles) }, (): readonly ClusterLoss[] => wanted).flat();
const report = await runCluster({
  connection: database.connection,
  losses,
  onLoss: (loss, recoveryMs) =>
    process.stderr.write(`${JSON.stringify({ loss, recoveryMs: Math.round(recoveryMs) })}\n`),
});
const sorted = report.recoveriesMs.toSorted((a, b) => a - b);
const wrongs = countWrongData(report) + report.zombies + report.strangeAnswers.length;
console.log(
  JSON.stringify({
    name: `cluster of three: from the loss of a member (${values.losses}) to the next acknowledged batches`,
    value: sorted[Math.floor(sorted.length / 2)],
    unit: 'ms',
    p95: sorted[Math.floor(0.95 * sorted.length)],
    worst: sorted.at(-1),
    wrongs,
    ...report,
  }),
);
process.exitCode = wrongs === 0 ? 0 : 1;
