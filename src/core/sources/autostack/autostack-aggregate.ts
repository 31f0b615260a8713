/** What members' samples make together. Pure. */
import { SourceUnavailableError } from '../../../errors.ts';
import type { Sample } from '../../../model.ts';

/**
 * The mean, at each time, of the members that have a value then: one that is missing is left out of the count. A
 * member that could not be read counts as missing, as long as most could be: the mean of a few would look like news.
 */
export function aggregateMean(members: readonly (readonly Sample[] | Error)[]): readonly Sample[] | Error {
  const failures = members.filter((member) => member instanceof Error);
  const [first] = failures;
  if (first !== undefined && 2 * failures.length > members.length) {
    return new SourceUnavailableError(
      `${failures.length} of ${members.length} members could not be read: ${first.message}`,
    );
  }
  const sums = new Map<number, { sum: number; count: number }>();
  for (const member of members) {
    if (member instanceof Error) continue;
    for (const { timestampMs, value } of member) {
      const { sum, count } = sums.get(timestampMs) ?? { sum: 0, count: 0 };
      sums.set(timestampMs, { sum: sum + value, count: count + 1 });
    }
  }
  return [...sums]
    .map(([timestampMs, { sum, count }]) => ({ timestampMs, value: sum / count }))
    .sort((a, b) => a.timestampMs - b.timestampMs);
}

/** One sample for each period that began in the window, 0 members included. */
export function countMembers(
  count: number,
  window: { readonly fromMs: number; readonly toMs: number; readonly periodMs: number },
): readonly Sample[] {
  const samples: Sample[] = [];
  for (let timestampMs = window.fromMs; timestampMs < window.toMs; timestampMs += window.periodMs) {
    samples.push({ timestampMs, value: count });
  }
  return samples;
}
