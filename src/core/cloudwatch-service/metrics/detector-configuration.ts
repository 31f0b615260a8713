/** The configuration of an anomaly detector: what it does not learn from, and whose clock its metric follows. */
import type { TimeSpan } from '../../../model.ts';
import { invalid, missing } from '../model/cloudwatch-error.ts';
import { list, string, structure, timestamp, type Infer } from '../model/shape.ts';

const TIME_RANGE_SHAPE = structure({ StartTime: timestamp, EndTime: timestamp });
export const CONFIGURATION_SHAPE = structure({
  ExcludedTimeRanges: list(TIME_RANGE_SHAPE),
  MetricTimezone: string,
});

export interface DetectorConfiguration {
  readonly excluded: readonly TimeSpan[];
  /** IANA name; null for UTC. */
  readonly timeZone: string | null;
}

export const NO_CONFIGURATION: DetectorConfiguration = { excluded: [], timeZone: null };

/** @throws CloudwatchError for a range that does not begin before it ends */
export function checkConfiguration(
  given: Infer<typeof CONFIGURATION_SHAPE> | undefined,
): DetectorConfiguration {
  const excluded = (given?.ExcludedTimeRanges ?? []).map(({ StartTime, EndTime }, i) => {
    const path = `Configuration.ExcludedTimeRanges.member.${i + 1}`;
    if (StartTime === undefined) throw missing(`${path}.StartTime`);
    if (EndTime === undefined) throw missing(`${path}.EndTime`);
    if (!(StartTime < EndTime)) throw invalid(`${path}.StartTime`, StartTime, 'It must be before EndTime.');
    return { startMs: StartTime.getTime(), endMs: EndTime.getTime() };
  });
  return { excluded, timeZone: given?.MetricTimezone ?? null };
}

/** @param stored as checkConfiguration gave it, kept as JSON */
export function readConfiguration(stored: unknown): DetectorConfiguration {
  if (typeof stored !== 'object' || stored === null) return NO_CONFIGURATION;
  return { ...NO_CONFIGURATION, ...stored }; // written from this very type
}

export function showConfiguration({
  excluded,
  timeZone,
}: DetectorConfiguration): Infer<typeof CONFIGURATION_SHAPE> {
  return {
    ExcludedTimeRanges: excluded.map(({ startMs, endMs }) => ({
      StartTime: new Date(startMs),
      EndTime: new Date(endMs),
    })),
    ...(timeZone !== null && { MetricTimezone: timeZone }),
  };
}
