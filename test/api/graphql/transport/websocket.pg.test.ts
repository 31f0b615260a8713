import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { textWith } from '../../../helpers/matchers.ts';
import { until } from '../../../helpers/until.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server[Symbol.asyncDispose]());

interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A socket spoken to by hand, as no decent client would. */
class RawSocket {
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #waiting: ((message: Message) => void)[] = [];
  readonly #received: Message[] = [];

  constructor(options: { protocols?: string[]; client?: ClientOptions; url?: string } = {}) {
    this.socket = new WebSocket(
      `${(options.url ?? server.url).replace('http', 'ws')}/graphql`,
      options.protocols ?? ['graphql-transport-ws'],
      options.client,
    );
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    this.socket.on('message', (data) => {
      // The server only sends text.
      const message = JSON.parse((data as Buffer).toString()) as Message;
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#received.push(message);
      else waiting(message);
    });
  }

  static async open(): Promise<RawSocket> {
    const raw = new RawSocket();
    await once(raw.socket, 'open');
    raw.send({ type: 'connection_init' });
    expect(await raw.next()).toEqual({ type: 'connection_ack' });
    return raw;
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables?: object): void {
    this.send({ type: 'subscribe', id, payload: { query, variables } });
  }

  next(): Promise<Message> {
    const message = this.#received.shift();
    return message === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(message);
  }

  /** Not yet taken by `next`. */
  get received(): readonly Message[] {
    return this.#received;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }
}

const LIVE = 'subscription { anomalyScores { cursor } }';
const VERSION = '{ serverInfo { version } }';

async function expectAlive(raw: RawSocket): Promise<void> {
  raw.subscribe('alive', VERSION);
  expect(await raw.next()).toMatchObject({
    type: 'next',
    id: 'alive',
    payload: { data: { serverInfo: {} } },
  });
  expect(await raw.next()).toEqual({ type: 'complete', id: 'alive' });
}

describe('an operation', () => {
  test.each([
    ['that cannot be parsed', '{ metrics {', 'Syntax Error'],
    ['with a field that is not there', '{ nope }', 'Cannot query field'],
    ['that subscribes to what is not there', 'subscription { nope }', 'Cannot query field'],
    ['of too many tokens', `{ ${'a '.repeat(31_000)} }`, '30000 tokens'],
    ['that is too deep', `{ ${'a{'.repeat(4_900)} }`, ''],
    ['without an operation', 'fragment F on Metric { id }', ''],
    ['with a bad cursor', 'subscription { anomalyScores(after: "x") { cursor } }', 'CURSOR_INVALID'],
  ])('%s costs an error of its own, not the socket', async (_name, query, text) => {
    await using raw = await RawSocket.open();
    raw.subscribe('1', query);
    const message = await raw.next();
    expect(message).toMatchObject({ id: '1' });
    expect(['error', 'next']).toContain(message.type);
    expect(JSON.stringify(message.payload)).toContain(text);
    expect(JSON.stringify(message.payload)).toContain('"message"');
    if (message.type === 'next') expect(await raw.next()).toEqual({ type: 'complete', id: '1' });
    await expectAlive(raw);
  });

  test('that fails unexpectedly is masked', async () => {
    await using raw = await RawSocket.open();
    const reading = vi.spyOn(server.engine.stats, 'snapshot').mockImplementation(() => {
      throw new Error('connect postgres://app:hunter2@db failed');
    });
    raw.subscribe('1', '{ serverInfo { counters { name } } }');
    const message = await raw.next();
    reading.mockRestore();
    expect(JSON.stringify(message)).toContain('requestId');
    expect(JSON.stringify(message)).not.toContain('hunter2');
  });

  test('that breaks while it runs is masked and ends alone', async () => {
    await using raw = await RawSocket.open();
    const subscribing = vi.spyOn(server.engine.live, 'subscribe').mockImplementation(() => ({
      next: () => Promise.reject(new Error('connect postgres://app:hunter2@db failed')),
      [Symbol.asyncIterator]() {
        return this;
      },
    }));
    raw.subscribe('1', LIVE);
    const message = await raw.next();
    subscribing.mockRestore();
    expect(JSON.stringify(message)).toContain('requestId');
    expect(JSON.stringify(message)).not.toContain('hunter2');
    if (message.type === 'next') expect(await raw.next()).toEqual({ type: 'complete', id: '1' });
    await expectAlive(raw);
  });

  test('beyond the fiftieth at once is refused, and may be begun when another ends', async () => {
    await using raw = await RawSocket.open();
    for (let id = 1; id <= 50; id++) raw.subscribe(String(id), LIVE);
    await until(() => expect(server.engine.live.subscriberCount()).toBe(50));
    raw.subscribe('51', LIVE);
    expect(await raw.next()).toMatchObject({
      type: 'error',
      id: '51',
      payload: [{ extensions: { code: 'TOO_MANY_OPERATIONS' } }],
    });
    raw.send({ type: 'complete', id: '7' });
    await until(() => expect(server.engine.live.subscriberCount()).toBe(49));
    await expectAlive(raw);
    raw.socket.terminate();
    await until(() => expect(server.engine.live.subscriberCount()).toBe(0));
  });
});

describe('a message', () => {
  test('of more than 64 KB is refused by name, and the socket lives on', async () => {
    await using raw = await RawSocket.open();
    raw.subscribe('big', `# ${'x'.repeat(1_000_000)}\n${VERSION}`);
    expect(await raw.next()).toMatchObject({
      type: 'error',
      id: 'big',
      payload: [{ message: textWith('65536'), extensions: { code: 'REQUEST_ENTITY_TOO_LARGE' } }],
    });
    await expectAlive(raw);
  });

  test('of more than 2 MB ends the socket with 1009', async () => {
    await using raw = await RawSocket.open();
    raw.subscribe('big', 'x'.repeat(3_000_000));
    expect(await raw.closed).toMatchObject({ code: 1009 });
  });

  test.each(['{', '[]', '{"type":"nope"}', '{"type":"subscribe"}', '\u0000'])(
    'such as %j ends the socket with 4400',
    async (text) => {
      await using raw = await RawSocket.open();
      raw.send(text);
      expect(await raw.closed).toMatchObject({ code: 4400 });
    },
  );
});

describe('before a socket has introduced itself', () => {
  const stranger = async () => {
    const raw = new RawSocket();
    await once(raw.socket, 'open');
    return raw;
  };

  test('a message of more than 4 kB ends it', async () => {
    await using raw = await stranger();
    raw.send({ type: 'connection_init', payload: { apiKey: 'x'.repeat(5_000) } });
    expect(await raw.closed).toMatchObject({ code: 1009 });
  });

  test('more than 16 kB of small messages end it', async () => {
    await using raw = await stranger();
    for (let i = 0; i < 400; i += 1) raw.send({ type: 'ping', payload: { a: 'x'.repeat(20) } });
    await raw.closed;
  });

  test('the payload of a ping is not given back; afterwards it is', async () => {
    await using raw = await stranger();
    raw.send({ type: 'ping', payload: { a: 1 } });
    expect(await raw.next()).toEqual({ type: 'pong' });
    raw.send({ type: 'connection_init' });
    expect(await raw.next()).toEqual({ type: 'connection_ack' });
    raw.send({ type: 'ping', payload: { a: 1 } });
    expect(await raw.next()).toEqual({ type: 'pong', payload: { a: 1 } });
    raw.send({ type: 'ping' });
    expect(await raw.next()).toEqual({ type: 'pong' });
  });
});

test('errors and answers say nothing of HTTP, which a socket is not', async () => {
  await using raw = await RawSocket.open();
  const asks = [
    ['query($id: ID!) { metric(id: $id) { id } }', {}],
    ['mutation($p: [MetricPointInput!]!) { putMetricData(input: { points: $p }) { accepted } }', { p: [{}] }],
    ['subscription($a: String!) { anomalyScores(after: $a) { cursor } }', {}],
    ['{ nope }', {}],
    ['{', {}],
    ['{ metrics(after: "x") { nodes { id } } }', {}],
  ] as const;
  for (const [index, [query, variables]] of asks.entries()) {
    raw.subscribe(String(index), query, variables);
    const message = await raw.next();
    expect(JSON.stringify(message)).toMatch(/"code":"\w+"/);
    expect(JSON.stringify(message)).not.toContain('"http"');
    if (message.type === 'next') expect(await raw.next()).toMatchObject({ type: 'complete' });
  }
});

describe('a socket', () => {
  test('of no protocol is closed with 4406', async () => {
    await using raw = new RawSocket({ protocols: [] });
    expect(await raw.closed).toEqual({ code: 4406, reason: textWith('graphql-transport-ws') });
  });

  test('of the protocol of subscriptions-transport-ws is answered in that', async () => {
    await using raw = new RawSocket({ protocols: ['graphql-ws'] });
    await once(raw.socket, 'open');
    const start = (id: string, query: string) => {
      raw.send({ type: 'start', id, payload: { query, variables: null, operationName: null } });
    };
    raw.send({ type: 'connection_init', payload: null });
    // Its clients do not wait, and may stop what they have only just begun.
    start('"type":"next"', LIVE);
    raw.send({ type: 'stop', id: '"type":"next"' });
    start('2', 'subscription Live { anomalyScores(lingerMs: 0) { scores { value } } }');
    start('3', VERSION);
    start('4', '{ nope }');
    expect(await raw.next()).toEqual({ type: 'connection_ack' });
    const answers = [await raw.next(), await raw.next(), await raw.next(), await raw.next()];
    expect(answers.toSorted((one, other) => Number(one.id) - Number(other.id))).toMatchObject([
      { type: 'data', id: '3', payload: { data: { serverInfo: {} } } },
      { type: 'complete', id: '3' },
      { type: 'data', id: '4', payload: { errors: [{ message: textWith('Cannot query field') }] } },
      { type: 'complete', id: '4' },
    ]);
    const model = { min: 0, max: 9 };
    const { monitor, accept } = server.engine;
    await monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: 'of the old protocol' }, model });
    await accept.acceptNamed([
      { metric: 'of the old protocol', timestampMs: Date.UTC(2026, 0, 1), value: 7 },
    ]);
    expect(await raw.next()).toMatchObject({
      type: 'data',
      id: '2',
      payload: { data: { anomalyScores: { scores: [{ value: 7 }] } } },
    });
    raw.send({ type: 'stop', id: '2' });
    raw.send({ type: 'connection_terminate' });
    expect(await raw.closed).toMatchObject({ code: 1000 });
  });

  test('of that protocol says why it is not taken', async () => {
    await using keyed = await startServer({ settings: { LAPWING_API_KEY: 'an-admin-key-of-the-settings' } });
    await using raw = new RawSocket({ protocols: ['graphql-ws'], url: keyed.url });
    await once(raw.socket, 'open');
    raw.send({ type: 'connection_init', payload: { authorization: 'Bearer undefined' } });
    raw.send({ type: 'start', id: '1', payload: { query: LIVE } });
    expect(await raw.closed).toMatchObject({ code: 4401 });
    expect(raw.received).toEqual([
      { type: 'connection_error', payload: { message: textWith('an API key is needed') } },
    ]);
  });

  test.each([
    ['graphql-ws', 'graphql-transport-ws'],
    ['graphql-transport-ws', 'graphql-ws'],
    ['x', 'graphql-transport-ws'],
  ])('that offers %s and %s speaks the one known here', async (...protocols) => {
    await using raw = new RawSocket({ protocols });
    await once(raw.socket, 'open');
    raw.send({ type: 'connection_init' });
    expect(await raw.next()).toEqual({ type: 'connection_ack' });
    expect(raw.socket.protocol).toBe('graphql-transport-ws');
  });

  test('that subscribes before it introduced itself is closed with 4401', async () => {
    await using raw = new RawSocket();
    await once(raw.socket, 'open');
    raw.subscribe('1', LIVE);
    expect(await raw.closed).toMatchObject({ code: 4401 });
  });

  test('that never introduces itself is closed with 4408', async () => {
    await using raw = new RawSocket();
    expect(await raw.closed).toMatchObject({ code: 4408 });
  });

  test.each(['http://evil.example', 'null', 'nonsense'])(
    'of a page of another site (%s) is refused',
    async (origin) => {
      const raw = new RawSocket({ client: { origin } });
      const [, response] = (await once(raw.socket, 'unexpected-response')) as [
        unknown,
        { statusCode: number },
      ];
      expect(response.statusCode).toBe(403);
      raw.socket.terminate();
    },
  );

  test('of a page of this site is taken', async () => {
    await using raw = new RawSocket({ client: { origin: server.url } });
    await once(raw.socket, 'open');
  });

  test('is told to come back when the server stops', async () => {
    await using other = await startServer();
    const saved = server;
    server = other;
    try {
      await using raw = await RawSocket.open();
      raw.subscribe('1', LIVE);
      await until(() => expect(other.engine.live.subscriberCount()).toBe(1));
      const [end] = await Promise.all([raw.closed, other.stop()]);
      expect(end).toEqual({ code: 1012, reason: 'the server restarts' });
    } finally {
      server = saved;
    }
  });
});
