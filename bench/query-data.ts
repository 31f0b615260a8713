/** The data of bench:query: a day of many metrics, and one metric with ten thousand points. */
import { ask, monitorAll } from './measure-server.ts';

export const LONG_METRIC = 'query.long';
export const LONG_POINTS = 10_000;

const DAY_MS = 86_400_000;
const STEP_MS = 300_000;
const STEPS = DAY_MS / STEP_MS;
const LONG_STEP_MS = 5_000;
const POINTS_PER_PUSH = 1000;
const PUT = `mutation Put($points: [MetricPointInput!]!) {
  putMetricData(input: { points: $points }) { accepted } }`;

interface Point {
  readonly metric: string;
  readonly timestamp: string;
  readonly value: number;
}

/** Pushes everything by the API and waits until every score is in the bars. */
export async function fill(url: string, metrics: number): Promise<void> {
  const names = Array.from({ length: metrics }, (_, index) => `query.${String(index).padStart(4, '0')}`);
  await monitorAll(url, [...names, LONG_METRIC]);
  const nowMs = Date.now();
  let pending: Point[] = [];
  for (const point of listPoints(names, nowMs)) {
    pending.push(point);
    if (pending.length < POINTS_PER_PUSH) continue;
    await ask(url, PUT, { points: pending });
    pending = [];
  }
  await ask(url, PUT, { points: pending });
  await untilRolledUp(url);
}

function* listPoints(names: readonly string[], nowMs: number): Iterable<Point> {
  for (let step = 0; step < STEPS; step++) {
    const timestamp = new Date(nowMs - (STEPS - step) * STEP_MS).toISOString();
    for (const [index, metric] of names.entries()) {
      yield { metric, timestamp, value: valueOf(step, index) };
    }
  }
  for (let step = 0; step < LONG_POINTS; step++) {
    const timestamp = new Date(nowMs - (LONG_POINTS - step) * LONG_STEP_MS).toISOString();
    yield { metric: LONG_METRIC, timestamp, value: valueOf(step, 0) };
  }
}

/** A wave with some noise that is the same in every run; now and then something far off. */
function valueOf(step: number, index: number): number {
  const noise = Math.sin(step * 12.9898 + index * 78.233) * 43_758.5453;
  const far = (step * 31 + index * 17) % 997 === 0 ? 40 : 0;
  return 50 + 10 * Math.sin(step / 24 + index) + 3 * (noise - Math.floor(noise)) + far;
}

async function untilRolledUp(url: string): Promise<void> {
  for (;;) {
    const { wall, serverInfo } = await ask<{ wall: { cursor: string }; serverInfo: { cursor: string } }>(
      url,
      '{ wall(first: 0) { cursor } serverInfo { cursor } }',
    );
    if (wall.cursor === serverInfo.cursor) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
