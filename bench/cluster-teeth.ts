/** Whether the harness of a cluster has teeth: builds each seeded bug into its members, and has to find it. `npm run bench:cluster-teeth`. */
import { parseArgs } from 'node:util';
import { createLog } from '../src/log.ts';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { countClusterWrongs, runCluster } from '../test/cluster/run-cluster.ts';
import { CLUSTER_BUGS } from '../test/cluster/seeded-bugs.ts';

const { values } = parseArgs({
  options: { cycles: { type: 'string', default: '3' }, only: { type: 'string', default: '' } },
});
let missed = 0;
for (const bug of CLUSTER_BUGS.filter(({ name }) => name.includes(values.only))) {
  await using database = await startTemporaryEmbedded({
    log: createLog('silent'),
    settings: { fsync: 'on' },
  });
  try {
    const report = await runCluster({
      connections: [database.connection],
      faults: Array.from({ length: Number(values.cycles) }, () => bug.faults).flat(),
      failpoints: bug.failpoints,
      bug,
    });
    const wrongs = countClusterWrongs(report);
    if (wrongs === 0) missed += 1;
    console.log(JSON.stringify({ bug: bug.name, found: wrongs > 0, wrongs, ...report }));
  } catch (error) {
    // With it there is no cluster at all.
    console.log(JSON.stringify({ bug: bug.name, found: true, stuck: String(error) }));
  }
}
process.exitCode = missed === 0 ? 0 : 1;
