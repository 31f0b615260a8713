/**
 * Breaks a cluster of three on one PostgreSQL, again and again, under load through all its members, and counts what went wrong
 * and how long nobody acknowledged points: `npm run bench:cluster -- --faults "kill leader,kill replica" --cycles 25`.
 *
 *   --faults …          names or beginnings of names in test/cluster/cluster-faults.ts: `kill leader`, `stop replica`,
 *                       `freeze leader`, `kill leader at` for each of its failpoints, `stall database of leader`, …;
 *                       kill leader when left out, `all` for every one
 *   --cycles N          how often all of them; 10 when left out
 *   --separate-users    each member is a database user of its own, and may not end sessions of the others
 */
import { parseArgs } from 'node:util';
import { createLog } from '../src/log.ts';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { CLUSTER_FAULTS, chooseFaults } from '../test/cluster/cluster-faults.ts';
import { createUsers } from '../test/helpers/create-users.ts';
import { countClusterWrongs, runCluster } from '../test/cluster/run-cluster.ts';

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: 'kill leader' },
    cycles: { type: 'string', default: '10' },
    'separate-users': { type: 'boolean', default: false },
  },
});
const wanted =
  values.faults === 'all'
    ? [...CLUSTER_FAULTS.keys()]
    : chooseFaults(values.faults.split(',').map((part) => part.trim()));
const MEMBERS = 3;

// It waits for the disk, as in production.
await using database = await startTemporaryEmbedded({
  log: createLog('silent'),
  settings: { fsync: 'on' },
});
const { connection } = database;
const report = await runCluster({
  count: MEMBERS,
  connections: values['separate-users'] ? await createUsers(connection, MEMBERS) : [connection],
  faults: Array.from({ length: Number(values.cycles) }, () => wanted).flat(),
  onFault: (fault, recoveryMs) =>
    process.stderr.write(`${JSON.stringify({ fault, recoveryMs: Math.round(recoveryMs) })}\n`),
});
const sorted = Object.values(report.recoveriesMs)
  .flat()
  .toSorted((a, b) => a - b);
const wrongs = countClusterWrongs(report);
console.log(
  JSON.stringify({
    name: `cluster of three: from a fault (${values.faults}) to the next acknowledged batches`,
    value: sorted[Math.floor(sorted.length / 2)],
    unit: 'ms',
    p95: sorted[Math.floor(0.95 * sorted.length)],
    worst: sorted.at(-1),
    wrongs,
    ...report,
  }),
);
process.exitCode = wrongs === 0 ? 0 : 1;
