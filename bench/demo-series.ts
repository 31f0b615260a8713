/** The metrics of the demo: a small shop and a boiler, each value a function of the time and of seeded chance. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A number in [0, 1) that depends on the seed and the place alone. */
export type Chance = (place: number) => number;

export interface DemoSeries {
  readonly name: string;
  /** The row of the wall it is in. */
  readonly resource: string;
  readonly unit: string;
  /** Time between two points of its history; five minutes when left out. */
  readonly stepMs?: number;
  /** Monitored by the policy, as its first point comes, rather than by a mutation: ten thousand mutations take minutes. */
  readonly isLeftToPolicy?: boolean;
  /** What happens to it, in a few words; null when nothing does. */
  readonly story: string | null;
  /** @param beforeEndMs how long before the end of the history, negative for what comes live */
  readonly valueAt: (timeMs: number, beforeEndMs: number, noise: number) => number;
}

/** 0 at night, 1 in the afternoon, less at the weekend. */
function dailyShape(timeMs: number): number {
  const date = new Date(timeMs);
  const hour = date.getUTCHours() + date.getUTCMinutes() / 60;
  const day = Math.max(0, Math.sin(((hour - 6) / 24) * 2 * Math.PI)) ** 0.8;
  return day * ([0, 6].includes(date.getUTCDay()) ? 0.45 : 1);
}

const within = (before: number, from: number, to: number) => before <= from && before > to;

const web = (name: string): readonly DemoSeries[] => [
  {
    name: `${name}.requests`,
    resource: `shop/${name}`,
    unit: 'Count/Second',
    story: name === 'web-1' ? 'traffic of the day in the middle of the night' : null,
    valueAt: (time, before, noise) => {
      const hour = (time % DAY_MS) / HOUR_MS;
      const crawled = name === 'web-1' && within(before, 3 * DAY_MS, 2 * DAY_MS) && hour >= 2 && hour < 3.2;
      const shape = crawled ? 0.9 : dailyShape(time);
      return 40 + 210 * shape + noise * (6 + 8 * shape);
    },
  },
  {
    name: `${name}.latency`,
    resource: `shop/${name}`,
    unit: 'Milliseconds',
    story: name === 'web-2' ? 'a deployment made it slower' : null,
    valueAt: (time, before, noise) => {
      const deployed = name === 'web-2' && before <= 30 * HOUR_MS ? 62 : 0;
      return 95 + 34 * dailyShape(time) + deployed + noise * 5;
    },
  },
  {
    name: `${name}.cpu`,
    resource: `shop/${name}`,
    unit: 'Percent',
    story: null,
    valueAt: (time, _before, noise) => 14 + 42 * dailyShape(time) + noise * 2.4,
  },
];

/** Every series of the shop and the boiler. */
export const DEMO_SERIES: readonly DemoSeries[] = [
  ...['web-1', 'web-2', 'web-3'].flatMap(web),
  {
    name: 'db-1.memory',
    resource: 'shop/db-1',
    unit: 'Percent',
    story: 'memory leaks for half a day, until the process is started again',
    valueAt: (_time, before, noise) => {
      const leaking = within(before, 50 * HOUR_MS, 36 * HOUR_MS);
      return 38 + (leaking ? (50 - before / HOUR_MS) * 3.2 : 0) + noise * 0.5;
    },
  },
  {
    name: 'db-1.connections',
    resource: 'shop/db-1',
    unit: 'Count',
    story: null,
    valueAt: (time, _before, noise) => Math.round(22 + 60 * dailyShape(time) + noise * 3),
  },
  {
    name: 'payments.latency',
    resource: 'shop/payments',
    unit: 'Milliseconds',
    story: 'a spike of twenty minutes',
    valueAt: (time, before, noise) => {
      const spiked = within(before, 9 * HOUR_MS, 9 * HOUR_MS - 20 * 60_000) ? 900 : 0;
      return 210 + 40 * dailyShape(time) + spiked + noise * 11;
    },
  },
  {
    name: 'payments.success',
    resource: 'shop/payments',
    unit: 'Percent',
    story: null,
    valueAt: (_time, _before, noise) => Math.min(100, 99.2 + noise * 0.12),
  },
  {
    name: 'orders.queued',
    resource: 'shop/orders',
    unit: 'Count',
    story: null,
    valueAt: (time, _before, noise) => Math.max(0, Math.round(6 + 18 * dailyShape(time) + noise * 2.5)),
  },
  {
    name: 'boiler.temperature',
    resource: 'plant/boiler',
    unit: '°C',
    story: 'the sensor has gone silent: it repeats one value',
    valueAt: (time, before, noise) => {
      const silent = within(before, 16 * HOUR_MS, 5 * HOUR_MS);
      return silent ? 71.4 : 68 + 4 * Math.sin((time / HOUR_MS) * 1.3) + noise * 0.6;
    },
  },
  {
    name: 'boiler.pressure',
    resource: 'plant/boiler',
    unit: 'bar',
    story: null,
    valueAt: (time, _before, noise) => 2.4 + 0.2 * Math.sin((time / HOUR_MS) * 1.3) + noise * 0.03,
  },
];

/**
 * Many calm ones, to see the page with a large fleet.
 * @param stepMs time between two points of their history; a thousand of them with five minutes are four million points
 */
export function listFleet(count: number, stepMs: number): readonly DemoSeries[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `fleet.node-${index + 1}.load`,
    resource: `fleet/node-${index + 1}`,
    unit: 'Percent',
    stepMs,
    isLeftToPolicy: true,
    story: null,
    valueAt: (time: number, _before: number, noise: number) =>
      20 + (index % 17) + 30 * dailyShape(time + index * 60_000) + noise * 2,
  }));
}

/** @returns chance by a seed: the same seed, the same demo */
export function createChance(seed: number): Chance {
  return (place) => {
    let state = (seed ^ Math.imul(place + 1, 0x9e3779b1)) >>> 0;
    state = Math.imul(state ^ (state >>> 16), 0x85ebca6b) >>> 0;
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35) >>> 0;
    return ((state ^ (state >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** About normal, from twelve even ones. */
export function drawNoise(chance: Chance, place: number): number {
  let sum = -6;
  for (let draw = 0; draw < 12; draw++) sum += chance(place * 12 + draw);
  return sum;
}
