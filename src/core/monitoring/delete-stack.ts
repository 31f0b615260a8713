/** Deletes an autostack with its metrics, while others may monitor some of it or delete it as well. */
import { NotFoundError, RetryLaterError } from '../../errors.ts';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import type { WriteLock } from '../../platform/runtime/write-lock.ts';
import type { AutostackDirectory } from '../inventory/autostack-directory.ts';
import type { Monitor } from './monitor.ts';

/** A stack has a few metrics: one that still has some after so many rounds is being monitored in a loop. */
const MAX_ROUNDS = 10;

export async function deleteStack(
  id: string,
  options: {
    readonly prisma: PrismaClient;
    readonly directory: AutostackDirectory;
    readonly monitor: Monitor;
    readonly writeLock: WriteLock;
  },
): Promise<void> {
  const { prisma, directory, monitor, writeLock } = options;
  const ofStack = { where: { autostackId: id } };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const metrics = await prisma.metric.findMany({ ...ofStack, select: { id: true } });
    for (const metric of metrics) await deleteOnce(monitor, metric.id);
    const isDone = await writeLock.runExclusive(async () => {
      if ((await prisma.metric.count(ofStack)) > 0) return false;
      await prisma.autostack.deleteMany({ where: { id } });
      directory.forget(id);
      return true;
    });
    if (isDone) return;
  }
  throw new RetryLaterError(`the autostack ${id} is given metrics while it is deleted; try again`);
}

/** What was to be reached is so already when it is gone. */
async function deleteOnce(monitor: Monitor, metricId: string): Promise<void> {
  try {
    await monitor.deleteMetric(metricId);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
