/** Whether the harness of faults has teeth: builds each seeded bug into a server, and has to find it. `npm run bench:teeth`. */
import { parseArgs } from 'node:util';
import { FAULTS } from '../test/faults/faults.ts';
import { countWrongs, runFaults } from '../test/faults/run-faults.ts';
import { SEEDED_BUGS } from '../test/faults/seeded-bugs.ts';

// A checkpoint that is ahead of its samples shows only after a kill between the two: four cycles missed it once.
const { values } = parseArgs({
  options: { cycles: { type: 'string', default: '12' }, only: { type: 'string', default: '' } },
});
let missed = 0;
for (const bug of SEEDED_BUGS.filter(({ name }) => name.includes(values.only))) {
  const fault = FAULTS[bug.fault];
  if (fault === undefined) throw new Error(`no fault is named ${bug.fault}`);
  const report = await runFaults({
    fault,
    cycles: Number(values.cycles),
    pick: Math.random,
    followers: { ws: 3, sse: 2 },
    failpoints: bug.failpoints,
    bug,
  });
  const wrongs = countWrongs(report);
  if (wrongs === 0) missed += 1;
  console.log(JSON.stringify({ bug: bug.name, found: wrongs > 0, wrongs, ...report }));
}
process.exitCode = missed === 0 ? 0 : 1;
