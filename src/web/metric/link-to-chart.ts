/** How much of what lies around an incident its chart shows. */
import { serverClock } from '../api/server-clock.ts';
const AROUND = 3;
const MIN_AROUND_MS = 3_600_000;

/** The address of a metric's chart around an incident. @param incident.at the point that is explained */
export function linkToChart(
  metricId: string,
  {
    startedAt,
    endedAt,
    at,
  }: { readonly startedAt: string; readonly endedAt: string | null; readonly at: string },
): string {
  const start = Date.parse(startedAt);
  const end = endedAt === null ? serverClock.now() : Date.parse(endedAt);
  const around = Math.max(MIN_AROUND_MS, (end - start) * AROUND);
  const from = new Date(start - around).toISOString();
  const to = new Date(Math.min(serverClock.now(), end + around)).toISOString();
  return `/metric/${encodeURIComponent(metricId)}?from=${from}&to=${to}&at=${at}`;
}
