/**
 * Breaks a loaded server again and again and counts what went wrong:
 * `npm run bench:faults -- --fault kill-server --cycles 50`. A fault that lasts takes `--seconds 5,20` in turns; a full
 * disk needs `--parent`, a folder on a small file system.
 */
import { parseArgs } from 'node:util';
import { FAULTS } from '../test/faults/faults.ts';
import { countWrongs, runFaults } from '../test/faults/run-faults.ts';

const { values } = parseArgs({
  options: {
    fault: { type: 'string', default: 'kill-server' },
    cycles: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '5' },
    failpoints: { type: 'string' },
    parent: { type: 'string' },
  },
});
const fault = FAULTS[values.fault];
if (fault === undefined) throw new Error(`--fault: one of ${Object.keys(FAULTS).join(', ')}`);
const report = await runFaults({
  fault,
  cycles: Number(values.cycles),
  seconds: values.seconds.split(',').map(Number),
  pick: Math.random,
  followers: { ws: 3, sse: 2 },
  ...(values.failpoints === undefined ? {} : { failpoints: values.failpoints }),
  ...(values.parent === undefined ? {} : { parent: values.parent }),
  onCycle: (cycle, acknowledged) => process.stderr.write(`${JSON.stringify({ cycle, acknowledged })}\n`),
});
const wrongs = countWrongs(report);
console.log(JSON.stringify({ fault: values.fault, wrongs, ...report }));
process.exitCode = wrongs === 0 ? 0 : 1;
