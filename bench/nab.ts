/**
 * Scores series of the Numenta Anomaly Benchmark: npm run bench:nab -- --nab DIR --files LIST --out DIR
 *
 * Every series named in LIST (a path below DIR/data a line) is fed to a new model one point at a time, in order,
 * and nothing else: no minimum, maximum, length or name. The anomaly_score written is what an alert sees at any
 * threshold: see alert-score.ts.
 *
 * With --drop 0.05 --seed 1 that share of the rows is dropped first; then --out gets data/ and labels/ of what is
 * left, and results/ with the scores.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DETECTOR_KINDS } from '../src/detector/detector-kinds.ts';
import { alertScore } from './alert-score.ts';
import { createRandom, dropRows, writeThinned } from './nab-drop.ts';
import { createProgress } from './nab-progress.ts';
import { parseTime, readNames, readSeries, type Series, writeScores } from './nab-series.ts';

interface Run {
  readonly scores: Float64Array;
  readonly microsecondsPerPoint: number;
  readonly stateBytes: number;
  readonly refused: number;
}

const { values: options } = parseArgs({
  options: {
    nab: { type: 'string' },
    files: { type: 'string' },
    out: { type: 'string' },
    drop: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});

/** Scores one series. A row that does not move time forward is refused, as the data path would, and scores 0. */
function scoreSeries(series: Series): Run {
  const points = series.rows.map(({ time, value }) => ({
    timestampMs: parseTime(time),
    value: Number(value),
  }));
  const scores = new Float64Array(points.length);
  const detector = DETECTOR_KINDS[0].create({});
  let lastMs = -Infinity;
  let refused = 0;
  const start = process.hrtime.bigint();
  for (const [i, { timestampMs, value }] of points.entries()) {
    if (timestampMs <= lastMs || !Number.isFinite(value)) {
      refused += 1;
      continue;
    }
    lastMs = timestampMs;
    scores[i] = alertScore(detector.update(timestampMs, value));
  }
  const microseconds = Number(process.hrtime.bigint() - start) / 1000;
  const stateBytes = detector.snapshot().byteLength;
  return { scores, microsecondsPerPoint: microseconds / points.length, stateBytes, refused };
}

function printRow(name: string, rows: number | string, run: Record<string, number | string>): void {
  const cells = Object.values(run).map((cell) => String(cell).padStart(12));
  console.log(`${name.padEnd(64)}${String(rows).padStart(8)}${cells.join('')}`);
}

function main(): void {
  const { nab, files, out } = options;
  if (nab === undefined || files === undefined || out === undefined) {
    throw new Error('usage: bench:nab -- --nab DIR --files LIST --out DIR [--drop SHARE --seed N]');
  }
  const share = Number(options.drop ?? 0);
  if (!(share >= 0 && share < 1)) throw new Error(`--drop must be in [0, 1), got ${options.drop}`);
  const random = createRandom(Number(options.seed));
  const names = readNames(files);
  const all = names.map((name) => dropRows(readSeries(nab, name), share, random));
  if (share > 0) writeThinned(nab, out, all);
  const results = share > 0 ? join(out, 'results') : out;
  const progress = createProgress(all.length);
  const runs = all.map((series) => {
    const run = scoreSeries(series);
    writeScores(results, series, run.scores);
    progress.advance(series.name);
    return run;
  });
  progress.finish();
  printTable(all, runs);
}

function printTable(all: readonly Series[], runs: readonly Run[]): void {
  printRow('series', 'rows', { speed: 'µs/point', state: 'bytes', refused: 'refused' });
  let microseconds = 0;
  let rows = 0;
  for (const [i, run] of runs.entries()) {
    const length = run.scores.length;
    microseconds += run.microsecondsPerPoint * length;
    rows += length;
    const speed = run.microsecondsPerPoint.toFixed(2);
    printRow(all[i]?.name ?? '', length, { speed, state: run.stateBytes, refused: run.refused });
  }
  const largest = Math.max(...runs.map((run) => run.stateBytes));
  const refused = runs.reduce((sum, run) => sum + run.refused, 0);
  printRow('all', rows, { speed: (microseconds / rows).toFixed(2), state: largest, refused });
}

main();
