/** Reads a labelled set: NAB's layout, with incidents and the first scored rows. Times carry no zone and are UTC. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type LabelledSeries, markIncidents } from './event-score.ts';
import { parseTime } from './nab-series.ts';

type Spans = Readonly<Record<string, readonly (readonly [string, string])[]>>;

function readLabels(folder: string, name: string): unknown {
  return JSON.parse(readFileSync(join(folder, 'labels', name), 'utf8'));
}

function readText(path: string): string {
  return existsSync(path)
    ? readFileSync(path, 'utf8')
    : gunzipSync(readFileSync(`${path}.gz`)).toString('utf8');
}

export function medianStep(times: Float64Array): number {
  const steps = times
    .subarray(1)
    .map((time, row) => time - (times[row] ?? 0))
    .sort();
  return steps[steps.length >> 1] ?? 0;
}

export function readSet(folder: string): LabelledSeries[] {
  const spans = readLabels(folder, 'incidents.json') as Spans;
  const from = readLabels(folder, 'scored_from.json') as Readonly<Record<string, string>>;
  return Object.entries(spans).map(([name, labels]) => {
    const [, ...lines] = readText(join(folder, 'data', name)).split('\n');
    const rows = lines.filter((line) => line !== '');
    const times = Float64Array.from(rows, (line) => parseTime(line));
    const values = Float64Array.from(rows, (line) => Number(line.slice(line.indexOf(',') + 1)));
    const rowOf = new Map([...times].map((time, row) => [time, row]));
    const find = (time: string): number => rowOf.get(parseTime(time)) ?? NaN;
    const firstRow = find(from[name] ?? '');
    const marked = markIncidents(
      times.length,
      firstRow,
      labels.map(([a, b]) => [find(a), find(b)] as const),
    );
    return { name, times, values, stepMs: medianStep(times), firstRow, ...marked };
  });
}
