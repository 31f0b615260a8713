/** What comes after the history: a point of every series every few seconds, and something wrong now and then. */
import type { DemoApi } from './demo-api.ts';
import { makePoint } from './demo-history.ts';
import { createChance, type DemoSeries } from './demo-series.ts';

const STEP_MS = 10_000;
const POINTS_PER_PUSH = 1000;
const CALM_STEPS = 18;
const WRONG_STEPS = 4;

const TROUBLES = [
  ['is three times as high', (value: number) => value * 3],
  ['falls to nothing', () => 0],
  ['is half of what it was', (value: number) => value / 2],
] as const;

/** Pushes until it is told to end. */
export async function goLive(
  api: DemoApi,
  series: readonly DemoSeries[],
  options: { readonly endMs: number; readonly until: Promise<void>; readonly tell: (line: string) => void },
): Promise<void> {
  const { endMs, until, tell } = options;
  const over = new AbortController();
  void until.then(() => over.abort());
  const chance = createChance(Date.now());
  for (let step = 0; !over.signal.aborted; step++) {
    const timeMs = Date.now();
    const trouble = findTrouble(series, chance, step);
    if (trouble?.begins === true) tell(`${new Date(timeMs).toISOString()} ${trouble.name} ${trouble.words}`);
    const points = series.map((one, index) => {
      const point = makePoint(one, timeMs, endMs, createChance(index));
      return trouble?.name === one.name ? { ...point, value: trouble.change(point.value) } : point;
    });
    for (let start = 0; start < points.length; start += POINTS_PER_PUSH)
      await api.push(points.slice(start, start + POINTS_PER_PUSH));
    await Promise.race([until, new Promise((resolve) => setTimeout(resolve, STEP_MS))]);
  }
}

function findTrouble(series: readonly DemoSeries[], chance: (place: number) => number, step: number) {
  const round = Math.floor(step / (CALM_STEPS + WRONG_STEPS));
  const within = step % (CALM_STEPS + WRONG_STEPS);
  if (within < CALM_STEPS) return null;
  const one = series[Math.floor(chance(round * 2) * Math.min(series.length, 16))];
  const [words, change] = TROUBLES[Math.floor(chance(round * 2 + 1) * TROUBLES.length)] ?? TROUBLES[0];
  return one === undefined ? null : { name: one.name, words, change, begins: within === CALM_STEPS };
}
