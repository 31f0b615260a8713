/** Which blocks of a metric are read for a chart: all that hold a point of it, and few others. */
import { describe, expect, it } from 'vitest';
import { bucketOf, chooseOfParts, cutPart } from '../../../src/core/samples/choose-points.ts';
import { scoreSample } from '../../../src/core/samples/new-sample.ts';
import { toColumns } from '../../../src/core/samples/packed/sample-columns.ts';
import { makeBlock } from '../../../src/core/samples/packed/write-blocks.ts';
import type { SeriesRange } from '../../../src/core/samples/series.ts';
import { type Extent, listNeeded, outlineMetric } from '../../../src/core/samples/series-outline.ts';
import {
  isScored,
  readSampleArray,
  readStoredSample,
  type ScoredSample,
  type StoredSample,
} from '../../../src/core/samples/stored-sample.ts';
import { VIEWS } from '../../../src/model.ts';
import { fc } from '../../helpers/property.ts';
import { makeScoredSample } from '../../helpers/scored-sample.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');

/** Blocks of a metric, one behind the other, of few values so that lowest and highest ones are shared. */
const anyBlocks = fc
  .array(
    fc.array(
      fc.record({
        gap: fc.integer({ min: 1, max: 50 }),
        value: fc.integer({ min: 0, max: 6 }),
        score: fc.constantFrom(0, 0.5, 0.95, 1),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    { minLength: 1, maxLength: 25 },
  )
  .map((blocks) => {
    let [row, timestampMs] = [0, START_MS];
    return blocks.map((block) =>
      block.map(({ gap, value, score }): ScoredSample => {
        row += 1;
        timestampMs += gap * 1000;
        return { ...makeScoredSample(row), timestampMs, value, score };
      }),
    );
  });
const anyRange: fc.Arbitrary<SeriesRange> = fc.record({
  fromMs: fc.option(fc.integer({ min: 0, max: 3000 }).map((second) => START_MS + second * 1000)),
  toMs: fc.option(fc.integer({ min: 0, max: 3000 }).map((second) => START_MS + second * 1000)),
  maxPoints: fc.integer({ min: 2, max: 40 }),
  anomalyScore: fc.constantFrom(0.9, 1, 2),
});

/** As the database knows it: a block is given where it reaches beyond the range or has anomalies. */
function describeBlock(
  samples: readonly ScoredSample[],
  { fromMs, toMs, anomalyScore }: SeriesRange,
): Extent {
  const { count, firstMs, lastMs, minValue, maxValue, maxScore, data } = makeBlock(toColumns(samples), 1);
  const isRead = maxScore >= anomalyScore || firstMs < (fromMs ?? -Infinity) || lastMs > (toMs ?? Infinity);
  return {
    ...{ metric_number: 1, is_block: true, rows: count, anomalies: 0, first_ms: firstMs, last_ms: lastMs },
    ...{ min_value: minValue, max_value: maxValue, data: isRead ? data : null },
  };
}

/** Blocks that reach into the range. */
function listOutline(blocks: readonly (readonly ScoredSample[])[], range: SeriesRange) {
  const { fromMs, toMs } = range;
  const own = blocks.filter((block) => {
    const [first, last] = [block[0], block.at(-1)];
    return (
      (last?.timestampMs ?? 0) >= (fromMs ?? -Infinity) && (first?.timestampMs ?? 0) <= (toMs ?? Infinity)
    );
  });
  const extents = own.map((block) => describeBlock(block, range));
  return { own, extents, outline: outlineMetric(1, extents, range) };
}

describe('what is known of a metric without reading it', () => {
  it('is how many samples are in the range, from when to when, and how many points their anomalies leave', () => {
    fc.assert(
      fc.property(anyBlocks, anyRange, (blocks, range) => {
        const { fromMs, toMs, maxPoints, anomalyScore } = range;
        const within = blocks
          .flat()
          .filter(({ timestampMs: at }) => at >= (fromMs ?? -Infinity) && at <= (toMs ?? Infinity));
        const { outline } = listOutline(blocks, range);
        expect(outline.count).toBe(within.length);
        if (within.length === 0) return;
        const anomalies = Math.min(maxPoints, within.filter(({ score }) => score >= anomalyScore).length);
        expect(outline.plan).toEqual({
          firstMs: within[0]?.timestampMs,
          lastMs: within.at(-1)?.timestampMs,
          anomalies,
          buckets: Math.floor((maxPoints - anomalies) / 2),
        });
      }),
    );
  });

  it('says which blocks hold points of the chart: reading all of them gives no other chart', () => {
    fc.assert(
      fc.property(anyBlocks, anyRange, (blocks, range) => {
        const { own, extents, outline } = listOutline(blocks, range);
        if (outline.count === 0) return;
        const toPart = (block: readonly StoredSample[]) =>
          cutPart(toColumns(block), range, range.anomalyScore);
        const needed = new Set(listNeeded(outline.plan, extents));
        const read = own.filter((_, index) => needed.has(extents[index] ?? ({} as Extent)));
        for (const extent of needed) expect(extent.data).toBeNull();
        const chart = chooseOfParts(outline.plan, [...outline.parts, ...read.map(toPart)]);
        expect(chart).toEqual(chooseOfParts(outline.plan, own.map(toPart)));
        // Two of each span, and those that reach over the end of one.
        const { plan } = outline;
        const over = [...needed].filter(
          (one) => bucketOf(plan, one.first_ms) !== bucketOf(plan, one.last_ms),
        );
        expect(needed.size - over.length).toBeLessThanOrEqual(2 * plan.buckets);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a sample', () => {
  const given = { metricNumber: 3, rowId: 9, timestampMs: START_MS, value: 4.5 };

  it('that is scored is shown live as it is stored: rounded, in the class it was in', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        unit,
        unit,
        fc.constantFrom(null, ...VIEWS),
        fc.boolean(),
        (score, rawScore, view, flag) => {
          const judged = {
            score,
            rawScore,
            expected: 4,
            low: 3,
            high: 5,
            view,
            provisional: flag,
            episode: !flag,
          };
          const made = scoreSample(given, { ...judged, phase: 'OPENS' });
          expect(made).toMatchObject({
            ...given,
            seq: 0,
            view,
            provisional: flag,
            episode: !flag,
            phase: 'OPENS',
          });
          expect(isScored(made)).toBe(true);
          // PostgreSQL keeps it as a real.
          expect(Math.fround(made.rawScore)).toBe(made.rawScore);
          expect(Math.abs(made.score - score)).toBeLessThanOrEqual((1 - score) / 1000);
          expect(made.score >= 0.99999).toBe(score >= 0.99999);
        },
      ),
    );
  });

  it('is the same, however it was read', () => {
    const stored: ScoredSample = { ...makeScoredSample(7), ...given, view: 'TREND', phase: 'CONTINUES' };
    const { metricNumber, rowId, timestampMs, value, seq, score, expected, low, high, rawScore, view } =
      stored;
    const { provisional, episode, phase } = stored;
    const numbers = [
      metricNumber,
      rowId,
      timestampMs,
      value,
      seq,
      score,
      expected,
      low,
      high,
      rawScore,
    ] as const;
    expect(readSampleArray([...numbers, view, provisional, episode, phase])).toEqual(stored);
    const row = {
      metric_number: metricNumber,
      row_id: rowId,
      timestamp_ms: timestampMs,
      raw_score: rawScore,
    };
    const same = { value, seq, score, expected, low, high, view, provisional, episode, phase };
    expect(readStoredSample({ ...row, ...same })).toEqual(stored);
    expect(isScored({ ...stored, seq: null })).toBe(false);
  });
});
