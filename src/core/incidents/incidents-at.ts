/** The incidents that last at some time: of anomalies, as they are about samples. */
import type { Incident, PrismaClient } from '../../generated/prisma/client.ts';

/** A moment of a metric. */
export interface MetricTime {
  readonly metricNumber: number;
  readonly timestampMs: number;
}

/**
 * @param moments any number of them, of any metrics
 * @returns for each moment, in order, the incidents of its metric that had begun and were not over yet, oldest first
 */
export async function findIncidentsAt(
  prisma: Pick<PrismaClient, 'incident'>,
  moments: readonly MetricTime[],
): Promise<readonly (readonly Incident[])[]> {
  // One argument for each of many moments would be more than a call may have.
  const [fromMs, toMs] = moments.reduce(
    ([least, most], { timestampMs }) => [Math.min(least, timestampMs), Math.max(most, timestampMs)],
    [Infinity, -Infinity],
  );
  if (moments.length === 0) return [];
  const known = await prisma.incident.findMany({
    where: {
      kind: 'ANOMALY',
      metricNumber: { in: [...new Set(moments.map(({ metricNumber }) => metricNumber))] },
      startedAt: { lte: new Date(toMs) },
      OR: [{ endedAt: null }, { endedAt: { gte: new Date(fromMs) } }],
    },
    orderBy: [{ startedAt: 'asc' }, { number: 'asc' }],
  });
  const byMetric = new Map<number, Incident[]>();
  for (const incident of known) {
    const others = byMetric.get(incident.metricNumber);
    if (others === undefined) byMetric.set(incident.metricNumber, [incident]);
    else others.push(incident);
  }
  return moments.map(({ metricNumber, timestampMs }) =>
    (byMetric.get(metricNumber) ?? []).filter((incident) => lastsAt(incident, timestampMs)),
  );
}

/** The first normal row ends an incident, and is no part of it. */
function lastsAt({ startedAt, endedAt }: Incident, timestampMs: number): boolean {
  return startedAt.getTime() <= timestampMs && (endedAt === null || timestampMs < endedAt.getTime());
}
