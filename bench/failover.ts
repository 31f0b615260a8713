/**
 * Takes the active one of two servers on one PostgreSQL away, again and again, under load, and counts what went wrong and
 * how long nobody acknowledged points: `npm run bench:failover -- --loss kill --cycles 20`.
 *
 *   --loss kill|stop|freeze   kill -9, SIGTERM, or SIGSTOP until the other one has taken over; kill when left out
 *   --cycles N                10 when left out
 */
import { parseArgs } from 'node:util';
import { createLog } from '../src/log.ts';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { countWrongData } from '../test/faults/judge.ts';
import { type Loss, LOSSES, runFailover } from '../test/faults/run-failover.ts';

const { values } = parseArgs({
  options: {
    loss: { type: 'string', default: 'kill' },
    cycles: { type: 'string', default: '10' },
  },
});
const loss = LOSSES.find((known) => known === values.loss);
if (loss === undefined) throw new Error(`--loss: expected one of ${LOSSES.join(', ')}, got ${values.loss}`);

// It waits for the disk, as in production.
await using database = await startTemporaryEmbedded({
  log: createLog('silent'),
  settings: { fsync: 'on' },
});
const losses = Array.from({ length: Number(values.cycles) }, (): Loss => loss);
const report = await runFailover({
  connection: database.connection,
  losses,
  onLoss: (_, recoveryMs) =>
    process.stderr.write(`${JSON.stringify({ recoveryMs: Math.round(recoveryMs) })}\n`),
});
const sorted = report.recoveriesMs.toSorted((a, b) => a - b);
const wrongs = countWrongData(report) + report.zombies + report.strangeAnswers.length;
console.log(
  JSON.stringify({
    name: `failover: from the loss of the active server (${loss}) to the next acknowledged batches`,
    value: sorted[Math.floor(sorted.length / 2)],
    unit: 'ms',
    worst: sorted.at(-1),
    wrongs,
    ...report,
  }),
);
process.exitCode = wrongs === 0 ? 0 : 1;
