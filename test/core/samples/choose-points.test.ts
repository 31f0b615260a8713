import { describe, expect, it } from 'vitest';
import {
  bucketOf,
  chooseOfParts,
  cutPart,
  joinParts,
  type PointPlan,
} from '../../../src/core/samples/choose-points.ts';
import { toColumns } from '../../../src/core/samples/packed/sample-columns.ts';
import type { StoredSample } from '../../../src/core/samples/stored-sample.ts';
import { fc } from '../../helpers/property.ts';
import { makeScoredSample } from '../../helpers/scored-sample.ts';

const ANOMALY_SCORE = 0.9;
const OPEN = { fromMs: null, toMs: null };

/** Few values and scores, so that many are equal; times with gaps. */
const anySamples = fc
  .array(
    fc.record({
      gapMs: fc.integer({ min: 1, max: 400 }),
      value: fc.integer({ min: 0, max: 4 }),
      score: fc.constantFrom(null, 0, 0.5, 0.9, 0.95, 1),
      part: fc.integer({ min: 0, max: 2 }),
    }),
    { minLength: 1, maxLength: 80 },
  )
  .map((all) => {
    let timestampMs = 1_000_000;
    return all.map(({ gapMs, value, score, part }, index) => {
      timestampMs += gapMs;
      const sample: StoredSample = { ...makeScoredSample(index + 1), timestampMs, value, score };
      return { sample, part };
    });
  });

function planFor(samples: readonly StoredSample[], buckets: number, anomalies: number): PointPlan {
  return {
    firstMs: samples[0]?.timestampMs ?? 0,
    lastMs: samples.at(-1)?.timestampMs ?? 0,
    buckets,
    anomalies,
  };
}

/** As the rule says it: by looking at all samples for each span. */
function chooseByRule(plan: PointPlan, samples: readonly StoredSample[]): readonly number[] {
  const kept = new Set<StoredSample | undefined>();
  for (let bucket = 0; bucket < plan.buckets; bucket++) {
    const within = samples.filter(({ timestampMs }) => bucketOf(plan, timestampMs) === bucket);
    kept.add(within.toSorted((a, b) => a.value - b.value)[0]);
    kept.add(within.toSorted((a, b) => a.value - b.value).at(-1));
  }
  const anomalies = samples.filter(({ score }) => (score ?? -1) >= ANOMALY_SCORE);
  for (const sample of anomalies.toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0)).slice(0, plan.anomalies))
    kept.add(sample);
  return samples.filter((sample) => kept.has(sample)).map(({ timestampMs }) => timestampMs);
}

describe('the points of a chart', () => {
  it('are the same however the samples are spread over blocks and rows', () => {
    fc.assert(
      fc.property(
        anySamples,
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 0, max: 9 }),
        (all, buckets, anomalies) => {
          const samples = all.map(({ sample }) => sample);
          const plan = planFor(samples, buckets, anomalies);
          const parts = [0, 1, 2].map((wanted) => {
            const own = all.filter(({ part }) => part === wanted).map(({ sample }) => sample);
            return cutPart(toColumns(own), OPEN, ANOMALY_SCORE);
          });
          const chosen = chooseOfParts(plan, parts);
          expect(chosen.timestampsMs).toEqual(chooseByRule(plan, samples));
          const [joined, whole] = [joinParts(parts), cutPart(toColumns(samples), OPEN, ANOMALY_SCORE)];
          expect(joined).toEqual(joinParts([whole]));
          expect(joined.timestampsMs).toEqual(samples.map(({ timestampMs }) => timestampMs));
          expect(joined.scores).toEqual(samples.map(({ score }) => score));
        },
      ),
    );
  });

  it('lie in the range, both ends of which belong to it', () => {
    const samples = Array.from({ length: 10 }, (_, row) => ({
      ...makeScoredSample(row + 1),
      timestampMs: 1000 + row * 10,
    }));
    const cut = (fromMs: number | null, toMs: number | null) =>
      joinParts([cutPart(toColumns(samples), { fromMs, toMs }, null)]).timestampsMs;
    expect(cut(1020, 1040)).toEqual([1020, 1030, 1040]);
    expect(cut(1021, 1039)).toEqual([1030]);
    expect(cut(1090, null)).toEqual([1090]);
    expect(cut(2000, 3000)).toEqual([]);
    expect(cut(null, 999)).toEqual([]);
  });
});
