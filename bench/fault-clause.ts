/**
 * Every fault as often as reliability asks for, one after the other, each on a server of its own:
 * npm run bench:clause            (some twenty minutes on two quiet cores; Linux)
 * npm run bench:clause -- --only frozen,cut --share 0.2
 * Says what it is at on stderr; ends with a table, and fails when anything was lost, doubled, wrong or slow.
 */
import { parseArgs } from 'node:util';
import { CLAUSE, type Clause } from './fault-plan.ts';
import { withSmallDisk } from './small-disk.ts';
import { FAULTS } from '../test/faults/faults.ts';
import { countWrongs, runFaults, type FaultReport } from '../test/faults/run-faults.ts';

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, share: { type: 'string', default: '1' } },
});
const share = Number(values.share);
if (!(share > 0 && share <= 1))
  throw new Error(`--share: expected more than 0 and at most 1, got ${values.share}`);
const wanted = values.only.split(',');
const clauses = CLAUSE.filter(({ name }) => wanted.some((part) => name.includes(part))).map((clause) => ({
  ...clause,
  cycles: Math.max(1, Math.round(share * clause.cycles)),
}));
if (clauses.length === 0) throw new Error(`--only: parts of ${CLAUSE.map(({ name }) => name).join(', ')}`);

const say = (text: string) => process.stderr.write(`${text}\n`);

/** @returns null where it cannot be run here */
async function run(clause: Clause): Promise<FaultReport | null> {
  const fault = FAULTS[clause.fault];
  if (fault === undefined) throw new Error(`no fault is named ${clause.fault}`);
  const withParent = (parent?: string) =>
    runFaults({
      ...clause,
      fault,
      pick: Math.random,
      followers: { ws: 3, sse: 2 },
      ...(parent === undefined ? {} : { parent }),
      onCycle: (cycle, acknowledged) =>
        say(`${clause.name}: ${cycle} of ${clause.cycles}, ${acknowledged} points acknowledged`),
    });
  return clause.diskMb === undefined ? withParent() : withSmallDisk(clause.diskMb, withParent);
}

/** What the clause forbids, and whether there was any of it. */
function judge(clause: Clause, report: FaultReport | null): string {
  if (report === null) return 'not run: needs to mount a tmpfs';
  const { slowestAnswerMs, slowestReadMs, slowestRecoveryMs } = report;
  const { answerMs = Infinity, recoveryMs = Infinity } = clause;
  const problems = [
    ...(countWrongs(report) > 0 ? ['wrong'] : []),
    ...(Math.max(slowestAnswerMs, slowestReadMs) > answerMs ? [`answers above ${answerMs} ms`] : []),
    ...(slowestRecoveryMs > recoveryMs ? [`recovery above ${recoveryMs} ms`] : []),
    ...(report.acknowledged === 0 ? ['nothing acknowledged'] : []),
  ];
  return problems.length === 0 ? 'kept' : problems.join(', ');
}

const seconds = clauses.reduce((sum, clause) => sum + share * clause.aboutSeconds, 0);
say(`${clauses.length} faults, about ${Math.ceil(seconds / 60)} minutes on two quiet cores`);
const table: Record<string, Readonly<Record<string, number | string>>> = {};
for (const clause of clauses) {
  const startedAt = performance.now();
  const report = await run(clause);
  const verdict = judge(clause, report);
  if (verdict !== 'kept') process.exitCode = 1;
  console.log(JSON.stringify({ clause: clause.name, verdict, ...report }));
  table[clause.name] = {
    cycles: clause.cycles,
    acknowledged: report?.acknowledged ?? 0,
    refusals: report?.refusals ?? 0,
    lost: report?.lost ?? 0,
    doubled: (report?.rowIdGaps ?? 0) + (report?.wrongLog ?? 0),
    wrong: (report?.wrongValues ?? 0) + (report?.wrongScores ?? 0),
    records: (report?.wrongRecords ?? 0) + (report?.brokenChains ?? 0),
    'answer ms': report?.slowestAnswerMs ?? 0,
    'read ms': report?.slowestReadMs ?? 0,
    'recovery ms': report?.slowestRecoveryMs ?? 0,
    seconds: Math.round((performance.now() - startedAt) / 1000),
    verdict,
  };
}
console.table(table);
