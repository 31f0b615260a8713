/** What is known of metrics before the points of their charts are chosen. */
import { bucketOf, cutPart, type PointPlan, type SeriesPart } from './choose-points.ts';
import { readBlock } from './packed/open-block.ts';
import { countChosen } from './sample-test.ts';
import type { SeriesRange } from './series.ts';

/** What is known of the rows of a metric, or of one of its blocks. */
export interface Extent {
  readonly metric_number: number;
  readonly is_block: boolean;
  readonly rows: number;
  /** Of rows only. */
  readonly anomalies: number;
  readonly first_ms: number;
  readonly last_ms: number;
  readonly min_value: number;
  readonly max_value: number;
  /** Of a block that has to be read in any case: it reaches beyond the range, or holds anomalies. */
  readonly data: Buffer | null;
}

/** All that is known of a metric before its points are chosen. */
export interface Outline {
  readonly metricNumber: number;
  readonly count: number;
  readonly blocks: readonly Extent[];
  /** Blocks that were read. */
  readonly parts: readonly SeriesPart[];
  readonly plan: PointPlan;
}

/** @param extents of one metric, in time order */
export function outlineMetric(metricNumber: number, extents: readonly Extent[], range: SeriesRange): Outline {
  const { anomalyScore, maxPoints } = range;
  const parts: SeriesPart[] = [];
  let [count, anomalies, firstMs, lastMs] = [0, 0, Infinity, -Infinity];
  for (const { data, ...extent } of extents) {
    if (data === null) {
      count += extent.rows;
      anomalies += extent.anomalies;
      firstMs = Math.min(firstMs, extent.first_ms);
      lastMs = Math.max(lastMs, extent.last_ms);
      continue;
    }
    readBlock({ metricNumber, data }, (block) => {
      const part = cutPart(block, range, anomalyScore);
      if (part.first === part.end) return;
      parts.push(part);
      count += part.end - part.first;
      anomalies += countChosen(block, range, { minScore: anomalyScore });
      firstMs = Math.min(firstMs, block.timestampsMs[part.first] ?? Infinity);
      lastMs = Math.max(lastMs, block.timestampsMs[part.end - 1] ?? -Infinity);
    });
  }
  const kept = Math.min(anomalies, maxPoints);
  const plan = { firstMs, lastMs, anomalies: kept, buckets: Math.floor((maxPoints - kept) / 2) };
  return { metricNumber, count, plan, parts, blocks: extents.filter(({ is_block: isBlock }) => isBlock) };
}

/** Blocks that are not read yet and may hold a point of the chart. */
export function listNeeded(plan: PointPlan, blocks: readonly Extent[]): readonly Extent[] {
  if (plan.buckets === 0) return [];
  const needed = new Set<Extent>();
  const spans = new Map<number, { lowest: Extent; highest: Extent }>();
  for (const block of blocks) {
    if (block.data !== null) continue;
    const bucket = bucketOf(plan, block.first_ms);
    if (bucket !== bucketOf(plan, block.last_ms)) {
      needed.add(block);
      continue;
    }
    const known = spans.get(bucket);
    if (known === undefined) spans.set(bucket, { lowest: block, highest: block });
    else {
      if (block.min_value < known.lowest.min_value) known.lowest = block;
      if (block.max_value >= known.highest.max_value) known.highest = block;
    }
  }
  for (const { lowest, highest } of spans.values()) needed.add(lowest).add(highest);
  return [...needed];
}
