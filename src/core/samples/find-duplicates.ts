/** Which samples are stored already. */
import type { Queryable } from './find-samples.ts';
import { readSamplesAt, type SamplePlace } from './read-samples.ts';

/** Values by metric and time. */
export type StoredValues = ReadonlyMap<string, number>;

/** The values stored at these places. Nothing is asked for none. */
export async function findStored(pool: Queryable, places: readonly SamplePlace[]): Promise<StoredValues> {
  const samples = await readSamplesAt(pool, places);
  return new Map(
    samples.map(({ metricNumber, timestampMs, value }) => [keyOf(metricNumber, timestampMs), value]),
  );
}

export function keyOf(metricNumber: number, timestampMs: number): string {
  return `${metricNumber} ${timestampMs}`;
}
