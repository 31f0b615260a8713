/** The fortnight before now: every series monitored first, then its points, all in the order of time. */
import type { DemoApi, DemoPoint } from './demo-api.ts';
import { createChance, drawNoise, type DemoSeries } from './demo-series.ts';

const MINUTE_MS = 60_000;
const STEP_MS = 5 * MINUTE_MS;
const SPAN_MS = 14 * 24 * 60 * MINUTE_MS;
const POINTS_PER_REQUEST = 5000;
const SECONDS_BETWEEN_LINES = 5;
const SEED = 20_261_123;

/** @returns the time of the newest point, in milliseconds */
export async function pushHistory(
  api: DemoApi,
  series: readonly DemoSeries[],
  { tell }: { readonly tell: (line: string) => void },
): Promise<number> {
  for (const { name, resource, unit, isLeftToPolicy } of series)
    if (isLeftToPolicy !== true) await api.monitor({ name, resource, unit });
  const endMs = Math.floor(Date.now() / STEP_MS) * STEP_MS;
  const startedMs = Date.now();
  let toldMs = startedMs;
  let pushed = 0;
  let batch: DemoPoint[] = [];
  const push = async () => {
    await api.push(batch);
    pushed += batch.length;
    batch = [];
    if (Date.now() - toldMs < SECONDS_BETWEEN_LINES * 1000) return;
    toldMs = Date.now();
    tell(`  ${pushed.toLocaleString('en')} points pushed`);
  };
  const chances = series.map((_, index) => createChance(SEED + index));
  for (let timeMs = endMs - SPAN_MS; timeMs <= endMs; timeMs += STEP_MS) {
    for (const [index, one] of series.entries()) {
      if (timeMs % (one.stepMs ?? STEP_MS) !== 0) continue;
      batch.push(makePoint(one, timeMs, endMs, chances[index]));
      if (batch.length === POINTS_PER_REQUEST) await push();
    }
  }
  if (batch.length > 0) await push();
  await api.untilScored(pushed);
  const seconds = (Date.now() - startedMs) / 1000;
  tell(`${pushed.toLocaleString('en')} points pushed, scored and in the bars after ${seconds.toFixed(1)} s`);
  return endMs;
}

/** What a series has at a time; `endMs` is when its history ends. */
export function makePoint(
  { name, resource, unit, isLeftToPolicy, valueAt }: DemoSeries,
  timeMs: number,
  endMs: number,
  chance = createChance(SEED),
): DemoPoint {
  const noise = drawNoise(chance, Math.floor(timeMs / 1000));
  const value = Number(valueAt(timeMs, endMs - timeMs, noise).toPrecision(5));
  const point = { metric: name, timestamp: new Date(timeMs).toISOString(), value };
  return isLeftToPolicy === true ? { ...point, resource, unit } : point;
}
