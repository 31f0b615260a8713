/** The most anomalous point of what is labelled: by it a label knows what resembles it. */
import type pg from 'pg';
import { findSamples } from '../samples/find-samples.ts';
import { isScored } from '../samples/stored-sample.ts';
import type { LabelledPeak } from './alert-threshold.ts';

/** Further from 0 than any value that is compared with another; the difference of two stays finite. */
const FARTHEST = 1e300;

/** Of equals the first. @returns null when no scored sample of the metric lies there */
export async function readLabelPeak(
  pool: pg.Pool,
  metricNumber: number,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<LabelledPeak | null> {
  const range = { metricNumber, fromMs: from.getTime(), toMs: to.getTime() };
  const [samples = []] = await findSamples(
    pool,
    [range],
    { isScored: true },
    { descending: false, limit: null },
  );
  const [first, ...others] = samples.filter(isScored);
  if (first === undefined) return null;
  const peak = others.reduce((highest, sample) => (sample.score > highest.score ? sample : highest), first);
  const { timestampMs, score, value, expected } = peak;
  return { timestampMs, score, deviation: bound(value) - bound(expected) };
}

function bound(value: number): number {
  return Math.max(-FARTHEST, Math.min(FARTHEST, value));
}
