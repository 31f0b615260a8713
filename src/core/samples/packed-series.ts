/**
 * Points for charts of metrics that have packed samples. What is known of a block without reading it says mostly that it
 * holds nothing of the chart: only blocks with anomalies, or with the lowest or highest value of a span, are read.
 */
import { toNumberArray } from '../../platform/postgres/number-array.ts';
import { chooseOfParts, cutPart, joinParts, type SeriesPart } from './choose-points.ts';
import type { Queryable } from './find-samples.ts';
import { readBlock } from './packed/open-block.ts';
import { emptyColumns, PRESENT, type SampleColumns } from './packed/sample-columns.ts';
import { startOfMonth } from './sample-test.ts';
import { type Extent, listNeeded, type Outline, outlineMetric } from './series-outline.ts';
import { FIND_PACKED, READ_CHOSEN, READ_EXTENTS, READ_SHORT } from './series-queries.ts';
import type { SeriesColumns, SeriesRange } from './series.ts';

/** Rows of a metric, one of its blocks, or how many blocks it has. */
interface FoundRow extends Partial<SeriesColumns> {
  readonly metric_number: number;
  readonly data: Buffer | null;
  readonly blocks: number | null;
}

/** Read together: a year of so many is some megabytes. */
const METRICS_AT_ONCE = 8;

/** Those of the metrics that have blocks in the range. */
export async function findPacked(
  pool: Queryable,
  metricNumbers: readonly number[],
  { fromMs, toMs }: Pick<SeriesRange, 'fromMs' | 'toMs'>,
): Promise<ReadonlySet<number>> {
  if (metricNumbers.length === 0) return new Set();
  const { rows } = await pool.query<{ number: number }>(FIND_PACKED, [
    toNumberArray(metricNumbers),
    fromMs,
    toMs,
    startOfMonth(fromMs),
  ]);
  return new Set(rows.map(({ number }) => number));
}

/** The points of metrics of which some samples are packed, by metric number; none of a metric without any sample. */
export async function readPackedSeries(
  pool: Queryable,
  metricNumbers: readonly number[],
  range: SeriesRange,
): Promise<ReadonlyMap<number, SeriesColumns>> {
  const found = new Map<number, SeriesColumns>();
  for (let first = 0; first < metricNumbers.length; first += METRICS_AT_ONCE) {
    let left: readonly number[] = metricNumbers.slice(first, first + METRICS_AT_ONCE);
    while (left.length > 0) left = await readGroup(pool, left, range, found);
  }
  return found;
}

/** @returns those of which samples were packed, or taken out of their blocks, between the statements: to be read anew */
async function readGroup(
  pool: Queryable,
  metricNumbers: readonly number[],
  range: SeriesRange,
  found: Map<number, SeriesColumns>,
): Promise<readonly number[]> {
  const outlines = await readOutlines(pool, metricNumbers, range);
  const short = outlines.filter(({ count }) => count <= range.maxPoints);
  for (const [number, parts] of await readShort(pool, short, range)) found.set(number, joinParts(parts));
  const long = outlines.filter(({ count }) => count > range.maxPoints);
  const chosen = await readChosen(pool, long, range);
  for (const { metricNumber, plan } of long) {
    const parts = chosen.get(metricNumber);
    if (parts !== undefined) found.set(metricNumber, chooseOfParts(plan, parts));
  }
  return long.map(({ metricNumber }) => metricNumber).filter((number) => !chosen.has(number));
}

async function readOutlines(
  pool: Queryable,
  metricNumbers: readonly number[],
  range: SeriesRange,
): Promise<readonly Outline[]> {
  const { rows } = await pool.query<Extent>(READ_EXTENTS, [
    toNumberArray(metricNumbers),
    range.fromMs,
    range.toMs,
    startOfMonth(range.fromMs),
    range.anomalyScore,
  ]);
  const extents = new Map<number, Extent[]>(metricNumbers.map((number) => [number, []]));
  for (const row of rows) extents.get(row.metric_number)?.push(row);
  return Array.from(extents, ([number, ofMetric]) => outlineMetric(number, ofMetric, range)).filter(
    ({ count }) => count > 0,
  );
}

/** All samples of the range. */
async function readShort(
  pool: Queryable,
  outlines: readonly Outline[],
  range: SeriesRange,
): Promise<ReadonlyMap<number, readonly SeriesPart[]>> {
  if (outlines.length === 0) return new Map();
  const { rows } = await pool.query<FoundRow>(READ_SHORT, [
    toNumberArray(outlines.map(({ metricNumber }) => metricNumber)),
    range.fromMs,
    range.toMs,
    startOfMonth(range.fromMs),
  ]);
  return collectParts(rows, range, null);
}

/** What holds the chosen points; nothing of a metric whose blocks are others than those of its outline. */
async function readChosen(
  pool: Queryable,
  outlines: readonly Outline[],
  range: SeriesRange,
): Promise<ReadonlyMap<number, readonly SeriesPart[]>> {
  if (outlines.length === 0) return new Map();
  const needed = outlines.flatMap(({ plan, blocks }) => listNeeded(plan, blocks));
  const { rows } = await pool.query<FoundRow>(READ_CHOSEN, [
    toNumberArray(outlines.map(({ metricNumber }) => metricNumber)),
    range.fromMs,
    range.toMs,
    startOfMonth(range.fromMs),
    toNumberArray(needed.map(({ metric_number: number }) => number)),
    toNumberArray(needed.map(({ first_ms: firstMs }) => firstMs)),
    toNumberArray(outlines.map(({ plan }) => plan.firstMs)),
    toNumberArray(outlines.map(({ plan }) => plan.lastMs)),
    toNumberArray(outlines.map(({ plan }) => plan.buckets)),
    toNumberArray(outlines.map(({ plan }) => plan.anomalies)),
    range.anomalyScore,
  ]);
  const wanted = countByMetric(needed);
  const read = countByMetric(rows.filter(({ data }) => data !== null));
  const stored = new Map(
    rows.flatMap((row) => (row.blocks === null ? [] : [[row.metric_number, row.blocks]])),
  );
  const parts = collectParts(rows, range, range.anomalyScore);
  return new Map(
    outlines
      .filter(
        ({ metricNumber: number, blocks }) =>
          (stored.get(number) ?? 0) === blocks.length && read.get(number) === wanted.get(number),
      )
      .map((known) => [known.metricNumber, [...known.parts, ...(parts.get(known.metricNumber) ?? [])]]),
  );
}

function countByMetric(rows: readonly { readonly metric_number: number }[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { metric_number: number } of rows) counts.set(number, (counts.get(number) ?? 0) + 1);
  return counts;
}

/** @param anomalyScore of rows: blocks with anomalies were read before */
function collectParts(
  rows: readonly FoundRow[],
  range: SeriesRange,
  anomalyScore: number | null,
): ReadonlyMap<number, readonly SeriesPart[]> {
  const found = new Map<number, SeriesPart[]>();
  for (const row of rows) {
    const { metric_number: metricNumber, data } = row;
    if (row.blocks !== null) continue;
    const part =
      data === null
        ? cutPart(toSampleColumns(row), range, anomalyScore)
        : readBlock({ metricNumber, data }, (block) => cutPart(block, range, null));
    if (part === null) continue;
    const parts = found.get(metricNumber) ?? [];
    parts.push(part);
    found.set(metricNumber, parts);
  }
  return found;
}

function toSampleColumns(row: FoundRow): SampleColumns {
  const { timestampsMs = [], values = [], scores = [], expected = [], lows = [], highs = [] } = row;
  const columns = emptyColumns(row.metric_number, timestampsMs.length);
  columns.timestampsMs.set(timestampsMs);
  columns.values.set(values);
  for (const [bit, column, given] of [
    [PRESENT.score, columns.scores, scores],
    [PRESENT.expected, columns.expected, expected],
    [PRESENT.low, columns.lows, lows],
    [PRESENT.high, columns.highs, highs],
  ] as const) {
    for (const [index, value] of given.entries()) {
      if (value === null) continue;
      column[index] = value;
      columns.present[index] = (columns.present[index] ?? 0) + bit;
    }
  }
  return columns;
}
