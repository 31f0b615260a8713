/** The labels of anomalies by when these began. */
import type { AnomalyLabel, PrismaClient } from '../../generated/prisma/client.ts';

/** Where an anomaly of a metric began. */
export interface AnomalyStart {
  readonly metricId: string;
  readonly startedAt: Date;
}

/** @returns for each anomaly, in order, the label given last; null where there is none. One statement. */
export async function findLabelsAt(
  prisma: Pick<PrismaClient, 'anomalyLabel'>,
  starts: readonly AnomalyStart[],
): Promise<readonly (AnomalyLabel | null)[]> {
  const labels = await prisma.anomalyLabel.findMany({
    where: {
      metricId: { in: [...new Set(starts.map(({ metricId }) => metricId))] },
      from: { in: starts.map(({ startedAt }) => startedAt) },
    },
    orderBy: { createdAt: 'asc' },
  });
  const keyOf = (metricId: string, at: Date) => `${metricId} ${at.getTime()}`;
  const last = new Map(labels.map((label) => [keyOf(label.metricId, label.from), label]));
  return starts.map(({ metricId, startedAt }) => last.get(keyOf(metricId, startedAt)) ?? null);
}
