/** A browser's EventSource (npm's eventsource, the same by the specification) resumes by itself: nobody keeps a cursor. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventSource } from 'eventsource';
import { expect, it } from 'vitest';
import { untilStatus } from '../../../helpers/start-engine.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';

const START = Date.parse('2026-01-05T00:00:00Z');
const KILLS = 10;
const POINTS_A_ROUND = 20;
const SUBSCRIPTION = `subscription { anomalyScores(maxBatch: 3, lingerMs: 0) { prev cursor scores { rowId value } } }`;

interface Scores {
  readonly prev: string;
  readonly cursor: string;
  readonly scores: readonly { readonly rowId: number; readonly value: number }[];
}

/** Passes event streams on, and cuts them all when it is told to. */
class CuttingProxy implements AsyncDisposable {
  readonly #server = createServer((incoming, response) => this.#pass(incoming, response));
  readonly #open = new Set<ServerResponse>();
  readonly #target: string;
  readonly lastEventIds: (string | undefined)[] = [];

  constructor(target: string) {
    this.#target = target;
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    for (const response of this.#open) response.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(incoming: IncomingMessage, response: ServerResponse): void {
    this.lastEventIds.push(incoming.headers['last-event-id']?.toString());
    const headers = { ...incoming.headers };
    delete headers.host;
    const asking = request(`${this.#target}${incoming.url ?? ''}`, { headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      // Else it would wait for three seconds before each try.
      response.write('retry: 10\n\n');
      answer.pipe(response);
    });
    this.#open.add(response);
    response.once('close', () => {
      this.#open.delete(response);
      asking.destroy();
    });
    asking.on('error', () => response.destroy());
    asking.end();
  }
}

async function pushRound(server: TestServer, round: number): Promise<void> {
  const points = Array.from({ length: POINTS_A_ROUND }, (_, index) => {
    const row = round * POINTS_A_ROUND + index;
    return { metric: 'm', timestampMs: START + row * 60_000, value: row };
  });
  await server.engine.accept.acceptNamed(points);
}

it(`killed ${KILLS} times, an EventSource has every score once`, async () => {
  await using server = await startServer();
  const { monitor } = server.engine;
  const model = { min: 0, max: 1000 };
  const id = await monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: 'm' }, model });
  await untilStatus(server.engine, id, 'ACTIVE');
  await using proxy = new CuttingProxy(server.url);
  const url = await proxy.start();
  const source = new EventSource(`${url}/graphql?query=${encodeURIComponent(SUBSCRIPTION)}`);
  const events: Scores[] = [];
  const ids: string[] = [];
  source.addEventListener('next', (event) => {
    const { data } = JSON.parse(String(event.data)) as { data: { anomalyScores: Scores } };
    events.push(data.anomalyScores);
    ids.push(event.lastEventId);
    // In the middle of a round, as often as not with events on their way.
    if (events.length % 4 === 2 && proxy.lastEventIds.length <= KILLS) proxy.cut();
  });
  await until(() => expect(source.readyState).toBe(EventSource.OPEN));
  const seen = () => events.flatMap(({ scores }) => scores.map(({ rowId }) => rowId));
  let round = 0;
  for (; proxy.lastEventIds.length <= KILLS; round += 1) {
    await pushRound(server, round);
    await until(() => expect(seen().length).toBeGreaterThanOrEqual((round + 1) * POINTS_A_ROUND));
  }
  source.close();
  expect(seen()).toEqual(Array.from({ length: round * POINTS_A_ROUND }, (_, index) => index + 1));
  expect(ids).toEqual(events.map(({ cursor }) => cursor));
  // Each event stands on the one before, whichever connection it came by.
  expect(events.slice(1).map(({ prev }) => prev)).toEqual(ids.slice(0, -1));
  expect(proxy.lastEventIds).toHaveLength(KILLS + 1);
  expect(proxy.lastEventIds.slice(1).every((last) => last !== undefined && ids.includes(last))).toBe(true);
});
