/** Kills a loaded server again and again and counts what went wrong: `npm run bench:kill -- --cycles 50`. */
import { parseArgs } from 'node:util';
import { runKillHarness } from '../test/helpers/kill-harness.ts';

const { values } = parseArgs({ options: { cycles: { type: 'string', default: '10' } } });
const report = await runKillHarness({
  cycles: Number(values.cycles),
  pick: Math.random,
  onCycle: (cycle, acknowledged) => {
    process.stderr.write(`${JSON.stringify({ cycle, acknowledged })}\n`);
  },
});
console.log(JSON.stringify(report));
const { lost, wrongValues, rowIdGaps, wrongScores, streamedTwice, missedByStream, brokenCursorChains } =
  report;
const wrong =
  lost + wrongValues + rowIdGaps + wrongScores + streamedTwice + missedByStream + brokenCursorChains;
process.exitCode = wrong === 0 ? 0 : 1;
