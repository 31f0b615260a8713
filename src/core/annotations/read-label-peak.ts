/** The most anomalous point of what is labelled: by it a label knows what resembles it. */
import { findSamples, type Queryable } from '../samples/find-samples.ts';
import { isScored, type ScoredSample } from '../samples/stored-sample.ts';
import type { LabelledPeak } from './alert-threshold.ts';

/** Further from 0 than any value that is compared with another; the difference of two stays finite. */
const FARTHEST = 1e300;
/** A label may be of years: so many samples are in memory. */
const PAGE_SIZE = 2000;

/** Of equals the first. @returns null when no scored sample of the metric lies there */
export async function readLabelPeak(
  pool: Queryable,
  metricNumber: number,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<LabelledPeak | null> {
  const order = { descending: false, limit: PAGE_SIZE };
  let peak: ScoredSample | null = null;
  for (let fromMs: number | null = from.getTime(); fromMs !== null;) {
    const range = { metricNumber, fromMs, toMs: to.getTime() };
    // What is less anomalous than what was found need not be read.
    const test = { isScored: true, minScore: peak?.score ?? null };
    const [page = []] = await findSamples(pool, [range], test, order);
    for (const sample of page.filter(isScored)) if (peak === null || sample.score > peak.score) peak = sample;
    const last = page.at(-1);
    fromMs = last === undefined || page.length < PAGE_SIZE ? null : last.timestampMs + 1;
  }
  if (peak === null) return null;
  const { timestampMs, score, value, expected } = peak;
  return { timestampMs, score, deviation: bound(value) - bound(expected) };
}

function bound(value: number): number {
  return Math.max(-FARTHEST, Math.min(FARTHEST, value));
}
