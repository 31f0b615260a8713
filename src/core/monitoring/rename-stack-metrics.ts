/** What the metrics of an autostack are called, once it is called otherwise. */
import type { PrismaClient } from '../../generated/prisma/client.ts';
import { describeStackMetric } from '../sources/autostack/autostack-metrics.ts';

/** A name, or a description, a person gave a metric stays. */
export async function renameStackMetrics(
  prisma: Pick<PrismaClient, 'metric'>,
  { id, name: former, region }: { readonly id: string; readonly name: string; readonly region: string },
  name: string,
): Promise<void> {
  if (name === former) return;
  const where = { autostackId: id };
  await prisma.metric.updateMany({ where: { ...where, tagName: former }, data: { tagName: name } });
  const metrics = await prisma.metric.findMany({ where, select: { number: true, name: true } });
  for (const { number, name: path } of metrics) {
    const metric = path.slice(path.lastIndexOf('/') + 1);
    await prisma.metric.updateMany({
      where: { number, description: describeStackMetric(metric, former, region) },
      data: { description: describeStackMetric(metric, name, region) },
    });
  }
}
