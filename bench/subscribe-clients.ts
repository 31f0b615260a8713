/** Many subscribers in one process. Each checks that its events follow each other; few bytes of a message are read. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { answerOrders } from './measure-process.ts';

export type ClientOrder =
  | {
      readonly do: 'open';
      readonly url: string;
      readonly count: number;
      readonly query: string;
      readonly variables: object;
    }
  /** Answers once every subscriber has had as many scores, or the time is over; then counting begins anew. */
  | { readonly do: 'await'; readonly scoresEach: number; readonly limitMs: number }
  | { readonly do: 'close' };

export interface ClientReport {
  readonly events: number;
  readonly scores: number;
  readonly bytes: number;
  /** Events whose `prev` is not the cursor before. */
  readonly gaps: number;
  /** From the time of an event's first point to its receipt. */
  readonly latenciesMs: readonly number[];
  /** From the first message to the last. */
  readonly seconds: number;
}

interface Subscriber {
  readonly socket: WebSocket;
  last: number | null;
  scores: number;
}

/** The first bytes of a message: cursors end with a place in the log, which is dense. */
const HEAD = /"prev":"[^"]*?\.(\d+)","cursor":"[^"]*?\.(\d+)","scores":\[(?:\{"timestamp":"([^"]+)")?/;
const HEAD_BYTES = 400;
const MAX_LATENCIES = 200_000;

let subscribers: Subscriber[] = [];
let closing = false;
let report = emptyReport();
let firstMessageMs = 0;
let lastMessageMs = 0;

function emptyReport() {
  return { events: 0, scores: 0, bytes: 0, gaps: 0, latenciesMs: [] as number[] };
}

async function open(order: ClientOrder & { do: 'open' }): Promise<object> {
  const payload = { query: order.query, variables: order.variables };
  for (let from = 0; from < order.count; from += 100) {
    const opening = Array.from({ length: Math.min(100, order.count - from) }, async () => {
      const socket = new WebSocket(order.url, 'graphql-transport-ws', { perMessageDeflate: false });
      const subscriber: Subscriber = { socket, last: null, scores: 0 };
      socket.once('close', (code) => {
        if (!closing) throw new Error(`the server closed a subscriber with ${code}`);
      });
      await once(socket, 'open');
      socket.send(JSON.stringify({ type: 'connection_init' }));
      await once(socket, 'message');
      socket.on('message', (data) => receive(subscriber, data as Buffer));
      socket.send(JSON.stringify({ id: 'scores', type: 'subscribe', payload }));
      subscribers.push(subscriber);
    });
    await Promise.all(opening);
  }
  return {};
}

function receive(subscriber: Subscriber, data: Buffer): void {
  const head = data.toString('latin1', 0, HEAD_BYTES);
  const match = HEAD.exec(head);
  if (match === null) throw new Error(`not an event: ${head}`);
  lastMessageMs = Date.now();
  if (report.events === 0) firstMessageMs = lastMessageMs;
  const prev = Number(match[1]);
  const cursor = Number(match[2]);
  if (subscriber.last !== null && subscriber.last !== prev) report.gaps += 1;
  subscriber.last = cursor;
  subscriber.scores += cursor - prev;
  report.events += 1;
  report.scores += cursor - prev;
  report.bytes += data.length;
  const time = match[3];
  if (time !== undefined && report.latenciesMs.length < MAX_LATENCIES) {
    report.latenciesMs.push(lastMessageMs - Date.parse(time));
  }
}

async function awaitScores({ scoresEach, limitMs }: { scoresEach: number; limitMs: number }) {
  const begin = Date.now();
  const isDone = () => subscribers.every(({ scores }) => scores >= scoresEach);
  while (!isDone() && Date.now() - begin < limitMs) await new Promise((resolve) => setTimeout(resolve, 20));
  const result: ClientReport = { ...report, seconds: (lastMessageMs - firstMessageMs) / 1000 };
  report = emptyReport();
  for (const subscriber of subscribers) subscriber.scores = 0;
  return result;
}

async function close(): Promise<object> {
  closing = true;
  const ending = subscribers.map(async ({ socket }) => {
    socket.removeAllListeners('message');
    const closed = once(socket, 'close');
    socket.terminate();
    await closed;
  });
  await Promise.all(ending);
  subscribers = [];
  report = emptyReport();
  return {};
}

answerOrders((given) => {
  // The bench beside this file sends nothing else.
  const order = given as ClientOrder;
  if (order.do === 'open') return open(order);
  return order.do === 'await' ? awaitScores(order) : close();
});
