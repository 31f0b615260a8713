/** Metrics that send nothing any more. */

const HOUR_MS = 3_600_000;
const SILENT_PERIODS = 12;

/**
 * For how long no point came, in milliseconds: as long as ends an incident for want of data.
 * @param latestMs time of the newest point; null where there never was one
 * @returns null while that is not worth a word
 */
export function measureSilence(latestMs: number | null, periodSeconds: number, nowMs: number): number | null {
  if (latestMs === null) return null;
  const silentMs = nowMs - latestMs;
  return silentMs >= Math.max(HOUR_MS, SILENT_PERIODS * periodSeconds * 1000) ? silentMs : null;
}
