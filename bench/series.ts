/**
 * The detector and its peers on labelled sets: npm run bench:series -- --sets DIR... [--peers] [--peer NAME] [--disturbed]
 *
 * A set is a folder with data/<path>.csv or .csv.gz (timestamp,value) and labels/incidents.json and scored_from.json.
 * One table: average precision by set, their mean and the worst, and what is found at red and at how many false alarms
 * a metric-week. With --peers also the streaming peers; with --disturbed also copies of the sets that were disturbed.
 */
import { parseArgs } from 'node:util';
import { DETECTOR_KINDS } from '../src/detector/detector-kinds.ts';
import { RED_SCORE } from '../src/detector/likelihood.ts';
import { alertScore } from './alert-score.ts';
import { DISTURBANCES, disturbSet } from './disturb-series.ts';
import { averagePrecision, countAt, type LabelledSeries } from './event-score.ts';
import { readSet } from './labelled-set.ts';
import { PEERS } from './peers/all-peers.ts';
import type { PeerKind } from './peers/peer.ts';

function scoreOurs({ times, values }: LabelledSeries): Float64Array {
  const detector = DETECTOR_KINDS[0].create({});
  let lastMs = -Infinity;
  return values.map((value, row) => {
    const timestampMs = times[row] ?? NaN;
    if (!(timestampMs > lastMs)) return 0;
    lastMs = timestampMs;
    return alertScore(detector.update(timestampMs, value));
  });
}

function scorePeer({ create, floor }: PeerKind, { times, values }: LabelledSeries): Float64Array {
  const peer = create();
  return values.map((value, row) => {
    const score = peer(times[row] ?? NaN, value);
    return score >= floor ? score : 0;
  });
}

function printRow(
  name: string,
  sets: readonly (readonly LabelledSeries[])[],
  score: (series: LabelledSeries) => Float64Array,
  red: number | null,
): void {
  const cells: string[] = [];
  const precisions: number[] = [];
  for (const set of sets) {
    const scores = set.map(score);
    const precision = averagePrecision(set, scores);
    precisions.push(precision);
    const at = red === null ? null : countAt(set, scores, red);
    const reds = at === null ? '' : ` (${at.found}/${at.incidents} at ${at.falsePerWeek.toFixed(2)})`;
    cells.push(`${precision.toFixed(3)}${reds}`.padStart(red === null ? 8 : 24));
  }
  const mean = precisions.reduce((sum, precision) => sum + precision, 0) / precisions.length;
  console.log(
    `${name.padEnd(32)}${mean.toFixed(3).padStart(7)}${Math.min(...precisions)
      .toFixed(3)
      .padStart(8)}${cells.join('')}`,
  );
}

function main(): void {
  const { values, positionals } = parseArgs({
    options: {
      sets: { type: 'string', multiple: true },
      peers: { type: 'boolean', default: false },
      peer: { type: 'string', multiple: true },
      disturbed: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const folders = [...(values.sets ?? []), ...positionals];
  if (folders.length === 0) throw new Error('usage: bench:series -- --sets DIR... [--peers] [--disturbed]');
  const sets = folders.map(readSet);
  const red = RED_SCORE - 1e-12;
  console.log(
    `${'average precision'.padEnd(32)}${'mean'.padStart(7)}${'worst'.padStart(8)}   then ${folders.join(', ')}`,
  );
  console.log('(found of all incidents at red, false alarms a metric-week)');
  printRow('detector', sets, scoreOurs, red);
  const wanted = PEERS.filter(({ name }) => values.peers || values.peer?.includes(name));
  for (const peer of wanted) printRow(peer.name, sets, (series) => scorePeer(peer, series), null);
  if (!values.disturbed) return;
  for (const disturbance of DISTURBANCES) {
    printRow(
      `detector, ${disturbance.name}`,
      sets.map((set) => disturbSet(set, disturbance)),
      scoreOurs,
      red,
    );
  }
}

main();
