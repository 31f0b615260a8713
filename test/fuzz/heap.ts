/** What is still held after everything that can go has gone. */
import { collectGarbage } from '../helpers/collect-garbage.ts';

/** Megabytes of objects and of buffers beside them. */
export async function readHeldMb(): Promise<number> {
  await collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}
