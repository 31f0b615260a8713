/** What an open page keeps while scores come in: its heap once a minute, after collecting garbage. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';

const MINUTE_MS = 60_000;

export interface Kept {
  readonly heapMb: number;
  /** Elements of the document. */
  readonly nodes: number;
}

async function readKept(session: CDPSession): Promise<Kept> {
  // Twice: what the first run frees may free more.
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const { nodes } = await session.send('Memory.getDOMCounters');
  return { heapMb: usedSize / 1e6, nodes };
}

/** @returns once a minute, the first after a minute */
export async function watchKept(page: Page, minutes: number): Promise<readonly Kept[]> {
  const session = await page.context().newCDPSession(page);
  const seen: Kept[] = [];
  for (let minute = 0; minute < minutes; minute++) {
    await sleep(MINUTE_MS);
    seen.push(await readKept(session));
  }
  await session.detach();
  return seen;
}

/** By least squares, from one minute to the next. */
export function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const covariance = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  const variance = values.reduce((sum, _value, index) => sum + (index - middle) ** 2, 0);
  return variance === 0 ? 0 : covariance / variance;
}
