/** Another peer of live scores: mercurius, whose pubsub tells every subscriber of the same events. */
import type { AddressInfo } from 'node:net';
import { setImmediate as yieldToSockets } from 'node:timers/promises';
import Fastify from 'fastify';
import mercurius, { type PubSub } from 'mercurius';
import { answerOrders } from './measure-process.ts';
import type { BareOrder } from './subscribe-bare.ts';

const SCHEMA = `
  type Score { timestamp: String!, rowId: Int!, value: Float!, anomalyScore: Float!, anomalyClass: String! }
  type ScoreEvent { prev: String!, cursor: String!, scores: [Score!]! }
  type Query { hello: String }
  type Subscription { anomalyScores(after: String, maxBatch: Int, lingerMs: Int): ScoreEvent! }`;

let publish: ((event: object) => Promise<void>) | undefined;
let place = 0;

async function listen(): Promise<{ url: string }> {
  const app = Fastify();
  await app.register(mercurius, {
    schema: SCHEMA,
    subscription: true,
    resolvers: {
      Subscription: {
        anomalyScores: {
          subscribe: (_root: unknown, _args: unknown, { pubsub }: { pubsub: PubSub }) =>
            pubsub.subscribe('scores'),
        },
      },
    },
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  publish = (event) =>
    new Promise((resolve) => {
      app.graphql.pubsub.publish({ topic: 'scores', payload: { anomalyScores: event } }, resolve);
    });
  return { url: `ws://127.0.0.1:${(app.server.address() as AddressInfo).port}/graphql` };
}

function makeEvent(scores: number): object {
  const prev = `v1.0123456789abcdef0123456789abcdef.${place}`;
  place += scores;
  const cursor = `v1.0123456789abcdef0123456789abcdef.${place}`;
  const timestamp = new Date().toISOString();
  const list = Array.from({ length: scores }, (_, index) => {
    const value = 50 + 20 * Math.sin((place + index) / 30);
    return { timestamp, rowId: place + index, value, anomalyScore: 0.123456, anomalyClass: 'GREEN' };
  });
  return { prev, cursor, scores: list };
}

async function send(order: BareOrder & { do: 'send' }): Promise<object> {
  for (let event = 0; event < order.events; event++) {
    const pauseMs = order.eventsPerSecond === null ? 0 : 1000 / order.eventsPerSecond;
    const next = new Promise((resolve) => setTimeout(resolve, pauseMs));
    await publish?.(makeEvent(order.scoresPerEvent));
    await yieldToSockets();
    await next;
  }
  return {};
}

answerOrders((given) => {
  // The bench beside this file sends nothing else.
  const order = given as BareOrder;
  return order.do === 'listen' ? listen() : send(order);
});
