/** Pushes points as fast as they are taken, from a process of its own. */
import pg from 'pg';
import { openEngine, openGraphitePusher, openGraphqlPusher, type Pusher, type Row } from './ingest-push.ts';
import { answerOrders } from './measure-process.ts';

export interface IngestOrder {
  readonly by: 'graphql' | 'graphite' | 'engine';
  /** Where that way in is. */
  readonly target: string;
  /** By GraphQL: of several servers, of which each pusher takes the next one; `target` when left out. */
  readonly targets?: readonly string[];
  readonly connection: string;
  /** Each sends rows of one point per metric of its own, the next when the last is acknowledged. */
  readonly pushers: number;
  readonly metricsEach: number;
  readonly seconds: number;
  /** Time of the first row; each further one is a second later. */
  readonly startMs: number;
}

export interface IngestResult {
  readonly points: number;
  /** Until the last point was acknowledged; where nothing is acknowledged, until all were in the log of scores. */
  readonly seconds: number;
  readonly acknowledgedMs: readonly number[];
}

const STALL_LIMIT_MS = 20_000;

export function listNames(pusher: number, metricsEach: number): readonly string[] {
  return Array.from({ length: metricsEach }, (_, metric) => `bench.${pusher}.${metric}`);
}

/** A daily-looking wave with a little noise: what a detector meets most of the time. */
function makeRow(names: readonly string[], startMs: number, row: number): Row {
  const values = names.map((_, index) => {
    const noise = ((row * 7919 + index * 104_729) % 997) / 100;
    return 50 + 20 * Math.sin((row + index) / 30) + noise;
  });
  return { names, values, timestampMs: startMs + row * 1000 };
}

async function pushUntil(
  endMs: number,
  order: IngestOrder,
  place: number,
  pusher: Pusher,
): Promise<number[]> {
  const names = listNames(place, order.metricsEach);
  const acknowledgedMs: number[] = [];
  for (let row = 0; performance.now() < endMs; row++) {
    const made = makeRow(names, order.startMs, row);
    const sentMs = performance.now();
    await pusher.push(made);
    acknowledgedMs.push(performance.now() - sentMs);
  }
  await pusher.end();
  return acknowledgedMs;
}

async function pushAll(
  order: IngestOrder,
  open: (place: number) => Pusher | Promise<Pusher>,
): Promise<IngestResult> {
  const pushers = await Promise.all(Array.from({ length: order.pushers }, async (_, place) => open(place)));
  const begin = performance.now();
  const endMs = begin + order.seconds * 1000;
  const all = await Promise.all(pushers.map((pusher, place) => pushUntil(endMs, order, place, pusher)));
  const acknowledgedMs = all.flat();
  const points = acknowledgedMs.length * order.metricsEach;
  return { points, seconds: (performance.now() - begin) / 1000, acknowledgedMs };
}

/** Graphite has no reply: the clock stops when the log holds all of them. */
async function pushByGraphite(order: IngestOrder): Promise<IngestResult> {
  const client = new pg.Client({ connectionString: order.connection });
  await client.connect();
  const before = await readHead(client);
  const begin = performance.now();
  const { points } = await pushAll(order, () => openGraphitePusher(order.target));
  await waitForHead(client, before + points);
  await client.end();
  return { points, seconds: (performance.now() - begin) / 1000, acknowledgedMs: [] };
}

/** @throws Error when the log stands still before it is there: points were lost or came late */
async function waitForHead(client: pg.Client, head: number): Promise<void> {
  let last = 0;
  let movedMs = performance.now();
  for (;;) {
    const now = await readHead(client);
    if (now >= head) return;
    if (now > last) movedMs = performance.now();
    last = now;
    if (performance.now() - movedMs > STALL_LIMIT_MS) {
      throw new Error(`${head - now} of the points sent were not scored`);
    }
    await client.query('SELECT pg_sleep(0.05)');
  }
}

async function readHead(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ last: string }>('SELECT last FROM score_log');
  return Number(rows[0]?.last);
}

async function pushIntoEngine(order: IngestOrder): Promise<IngestResult> {
  const engine = await openEngine(order.connection);
  const result = await pushAll(order, engine.open);
  await engine.end();
  return result;
}

answerOrders((given) => {
  // The bench beside this file sends nothing else.
  const order = given as IngestOrder;
  if (order.by === 'graphite') return pushByGraphite(order);
  if (order.by === 'engine') return pushIntoEngine(order);
  const { target, targets = [target] } = order;
  return pushAll(order, (place) => openGraphqlPusher(targets[place % targets.length] ?? target));
});
