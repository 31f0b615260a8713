/** A metric made in code: a load that peaks every afternoon, less at weekends, with noise that remembers. */
import type { Sample } from '../src/model.ts';
import { createRandom } from './nab-drop.ts';

export const STEP_MS = 300_000;
/** A Monday, 00:00 UTC. */
const START_MS = Date.UTC(2024, 0, 1);

export function makeLoad(rows: number, seed: number): Sample[] {
  const random = createRandom(seed);
  let drift = 0;
  return Array.from({ length: rows }, (_, row) => {
    const timestampMs = START_MS + row * STEP_MS;
    const day = Math.floor((row * STEP_MS) / 86_400_000) % 7;
    const hour = ((row * STEP_MS) / 3_600_000) % 24;
    const peak = 50 * Math.exp(-(((hour - 14) / 5) ** 2)) * (day >= 5 ? 0.4 : 1);
    // Twelve uniform numbers less six are close to normal with standard deviation 1.
    let noise = -6;
    for (let i = 0; i < 12; i++) noise += random();
    drift = 0.7 * drift + 2 * noise;
    return { timestampMs, value: 20 + peak + drift };
  });
}
