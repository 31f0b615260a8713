/**
 * Draws the first series of each labelled set by name: npx tsx bench/series-pictures.ts --sets DIR... --out FILE.svg
 * Grey: the smallest to the largest value of each column. Yellow: labelled incidents. Red: rows that opened an incident.
 */
import { parseArgs } from 'node:util';
import { DETECTOR_KINDS } from '../src/detector/detector-kinds.ts';
import type { LabelledSeries } from './event-score.ts';
import { readSet } from './labelled-set.ts';
import { writeLines } from './nab-series.ts';

const EACH = 4;
const WIDTH = 420;
const HEIGHT = 90;
const GAP = 34;

/** The rows that opened an incident. */
function findOpenings({ times, values }: LabelledSeries): number[] {
  const detector = DETECTOR_KINDS[0].create({});
  return [...values].flatMap((value, row) =>
    detector.update(times[row] ?? NaN, value).phase === 'OPENS' ? [row] : [],
  );
}

/** Robust ends of the scale: one spike must not flatten the rest. */
function findScale(values: Float64Array): { low: number; high: number } {
  const sorted = values.slice().sort();
  const low = sorted[Math.floor(0.002 * sorted.length)] ?? 0;
  const high = sorted[Math.ceil(0.998 * sorted.length) - 1] ?? 1;
  return { low, high: high > low ? high : low + 1 };
}

function drawColumns(values: Float64Array, top: number): string {
  const { low, high } = findScale(values);
  const toY = (value: number): number =>
    top + HEIGHT - 4 - Math.min(1.04, Math.max(-0.04, (value - low) / (high - low))) * (HEIGHT - 8);
  let path = '';
  for (let x = 0; x < WIDTH; x++) {
    const from = Math.floor((x * values.length) / WIDTH);
    const until = Math.max(from + 1, Math.floor(((x + 1) * values.length) / WIDTH));
    const part = values.subarray(from, until);
    path += `M${x} ${toY(Math.max(...part)).toFixed(0)}V${(toY(Math.min(...part)) + 1).toFixed(0)}`;
  }
  return `<path d="${path}" stroke="#667"/>`;
}

function drawMarks(series: LabelledSeries, top: number): string {
  const toX = (row: number): string => ((row * WIDTH) / series.values.length).toFixed(1);
  const labels = series.starts.map((row, incident) => {
    const last = series.incidents.lastIndexOf(incident);
    const width = Math.max(2, ((last - row) * WIDTH) / series.values.length).toFixed(1);
    return `<rect x="${toX(row)}" y="${top}" width="${width}" height="${HEIGHT}" fill="#fd6"/>`;
  });
  const openings = findOpenings(series).map(
    (row) => `<path d="M${toX(row)} ${top}v${HEIGHT}" stroke="#d22" stroke-opacity=".7"/>`,
  );
  return `${labels.join('')}${openings.join('')}`;
}

function draw(series: LabelledSeries, column: number, line: number): string {
  const x = column * (WIDTH + 20);
  const y = line * (HEIGHT + GAP) + 22;
  return `<g transform="translate(${x} 0)"><text x="0" y="${y - 6}">${series.name}</text>${drawMarks(series, y)}${drawColumns(series.values, y)}</g>`;
}

const { values: options } = parseArgs({
  options: {
    sets: { type: 'string', multiple: true },
    out: { type: 'string', default: 'docs/detector-series.svg' },
  },
});
const folders = options.sets ?? [];
if (folders.length === 0) throw new Error('usage: series-pictures.ts --sets DIR --sets DIR --out FILE');
const pictures = folders.flatMap((folder, column) => {
  const first = readSet(folder)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .slice(0, EACH);
  return first.map((series, line) => draw(series, column, line));
});
const size = { width: folders.length * (WIDTH + 20), height: EACH * (HEIGHT + GAP) + 10 };
writeLines(options.out, [
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12" fill="#333">`,
  `<rect width="100%" height="100%" fill="#fff"/>`,
  ...pictures,
  '</svg>',
]);
