/** The benchmark's files: CSV series in, CSV scores out. Its times carry no zone and are taken as UTC. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Series {
  /** Path below `data/`, for example `realTweets/Twitter_volume_KO.csv`. */
  readonly name: string;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly time: string;
  readonly value: string;
}

/** The names in a list file: one a line, `#` starts a comment. */
export function readNames(path: string): string[] {
  const lines = readFileSync(path, 'utf8').split(/\r?\n/);
  return lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '');
}

export function readSeries(folder: string, name: string): Series {
  const [, ...lines] = readFileSync(join(folder, 'data', name), 'utf8').split(/\r?\n/);
  const rows = lines
    .filter((line) => line !== '')
    .map((line) => {
      const comma = line.indexOf(',');
      return { time: line.slice(0, comma), value: line.slice(comma + 1) };
    });
  return { name, rows };
}

/** `2014-04-10 07:15:00` as milliseconds since 1970 UTC. */
export function parseTime(time: string): number {
  const parsed = Date.parse(`${time.slice(0, 19).replace(' ', 'T')}Z`);
  if (Number.isNaN(parsed)) throw new Error(`cannot read the time ${time}`);
  return parsed;
}

export function writeLines(path: string, lines: readonly string[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${lines.join('\n')}\n`);
}

export function writeScores(folder: string, series: Series, scores: Float64Array): void {
  const lines = series.rows.map(({ time, value }, i) => `${time},${value},${scores[i] ?? 0}`);
  writeLines(join(folder, series.name), ['timestamp,value,anomaly_score', ...lines]);
}
