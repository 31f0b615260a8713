/** Pushes points as fast as they are taken: by GraphQL, or straight into the engine. */
import { readConfig } from '../src/config.ts';
import { createDatabase } from '../src/db/client.ts';
import { createEngine } from '../src/engine.ts';
import { createLog } from '../src/log.ts';
import { createStats } from '../src/observe/stats.ts';
import { createAws } from '../src/source/aws.ts';
import { answerOrders } from './measure-process.ts';
import { ask } from './measure-server.ts';

export interface IngestOrder {
  readonly by: 'graphql' | 'engine';
  /** Where GraphQL is. */
  readonly target: string;
  readonly connection: string;
  /** Each sends batches of one point per metric of its own, the next when the last is acknowledged. */
  readonly pushers: number;
  readonly metricsEach: number;
  readonly seconds: number;
  /** Time of the first points. */
  readonly startMs: number;
}

export interface IngestResult {
  readonly points: number;
  readonly seconds: number;
  readonly acknowledgedMs: readonly number[];
}

interface Point {
  readonly metric: string;
  readonly timestampMs: number;
  readonly value: number;
}

type Push = (points: readonly Point[]) => Promise<void>;

export function listNames(pusher: number, metricsEach: number): readonly string[] {
  return Array.from({ length: metricsEach }, (_, metric) => `bench.${pusher}.${metric}`);
}

const PUT = `mutation Put($points: [MetricPointInput!]!) {
  putMetricData(input: { points: $points }) { accepted } }`;

async function pushInTurn(order: IngestOrder, push: Push): Promise<IngestResult> {
  const acknowledgedMs: number[] = [];
  const begin = performance.now();
  const endMs = begin + order.seconds * 1000;
  const pushers = Array.from({ length: order.pushers }, async (_, pusher) => {
    const names = listNames(pusher, order.metricsEach);
    for (let row = 0; performance.now() < endMs; row++) {
      const points = names.map((metric, index) => makePoint(metric, order.startMs + row * 1000, row, index));
      const sentMs = performance.now();
      await push(points);
      acknowledgedMs.push(performance.now() - sentMs);
    }
  });
  await Promise.all(pushers);
  const points = acknowledgedMs.length * order.metricsEach;
  return { points, seconds: (performance.now() - begin) / 1000, acknowledgedMs };
}

/** A daily-looking wave with a little noise: what a detector meets most of the time. */
function makePoint(metric: string, timestampMs: number, row: number, index: number): Point {
  const noise = ((row * 7919 + index * 104_729) % 997) / 100;
  return { metric, timestampMs, value: 50 + 20 * Math.sin((row + index) / 30) + noise };
}

async function pushByGraphql(order: IngestOrder): Promise<IngestResult> {
  return pushInTurn(order, async (points) => {
    const { putMetricData } = await ask<{ putMetricData: { accepted: number } }>(order.target, PUT, {
      points: points.map(({ metric, timestampMs, value }) => ({
        metric,
        timestamp: new Date(timestampMs).toISOString(),
        value,
      })),
    });
    if (putMetricData.accepted !== points.length) throw new Error('points were not taken');
  });
}

async function pushIntoEngine(order: IngestOrder): Promise<IngestResult> {
  const log = createLog('error');
  const database = createDatabase({ connection: order.connection, log });
  const config = readConfig({ LAPWING_HOST_METRICS: 'off' });
  const aws = createAws({
    endpoint: () => Promise.reject(new Error('a bench has no AWS')),
    stats: createStats(),
    historyDays: 14,
    settleSeconds: 360,
  });
  const engine = await createEngine({ database, config, log, stats: createStats(), sources: [], aws });
  engine.start();
  const result = await pushInTurn(order, async (points) => {
    const { accepted } = await engine.accept.acceptNamed(points);
    if (accepted !== points.length) throw new Error('points were not taken');
  });
  await engine.stop();
  await database.stop();
  return result;
}

answerOrders((given) => {
  // The bench beside this file sends nothing else.
  const order = given as IngestOrder;
  return order.by === 'graphql' ? pushByGraphql(order) : pushIntoEngine(order);
});
