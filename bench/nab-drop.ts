/**
 * The loss test: rows dropped at random. A score that falls by much was luck with these very rows.
 *
 * The thinned series need data and labels of their own to be scored against; both are written beside the scores.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTime, type Row, type Series, writeLines } from './nab-series.ts';

type Windows = Record<string, [string, string][]>;

/** A seeded generator of numbers in [0, 1) (Marsaglia's xorshift with 32 bits). */
export function createRandom(seed: number): () => number {
  let state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4294967296;
  };
}

export function dropRows(series: Series, share: number, random: () => number): Series {
  return { name: series.name, rows: series.rows.filter(() => random() >= share) };
}

/** A window's bounds moved inwards to rows that are left. */
function narrowWindow(rows: readonly Row[], from: string, to: string): [string, string] {
  const inside = rows.filter(({ time }) => {
    const at = parseTime(time);
    return at >= parseTime(from) && at <= parseTime(to);
  });
  const [first, last] = [inside[0], inside.at(-1)];
  if (first === undefined || last === undefined) throw new Error(`no row left between ${from} and ${to}`);
  return [`${first.time}.000000`, `${last.time}.000000`];
}

/** Writes `data/` and `labels/combined_windows.json` of thinned series under `out`. */
export function writeThinned(folder: string, out: string, all: readonly Series[]): void {
  const path = join('labels', 'combined_windows.json');
  const windows = JSON.parse(readFileSync(join(folder, path), 'utf8')) as Windows; // the benchmark's own format
  const narrowed: Windows = {};
  for (const { name, rows } of all) {
    narrowed[name] = (windows[name] ?? []).map(([from, to]) => narrowWindow(rows, from, to));
    const lines = rows.map(({ time, value }) => `${time},${value}`);
    writeLines(join(out, 'data', name), ['timestamp,value', ...lines]);
  }
  writeLines(join(out, path), [JSON.stringify(narrowed, null, 1)]);
}
