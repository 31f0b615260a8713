import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { answerHealth, createReadyHandler } from '../../../src/api/http/health.ts';
import type { Handler, SocketRoute } from '../../../src/api/http/routes.ts';
import { sendJson } from '../../../src/api/http/send-json.ts';
import { HttpServer } from '../../../src/api/http/server.ts';
import { createLog } from '../../../src/log.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { createDeferred } from '../../helpers/deferred.ts';
import { textWith } from '../../helpers/matchers.ts';

const HOST = '127.0.0.1';
const servers: HttpServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function start(
  routes: Readonly<Record<string, Handler>>,
  options: {
    readonly socketRoutes?: Readonly<Record<string, SocketRoute>>;
    readonly streamStallLimitMs?: number;
  } = {},
): Promise<{ server: HttpServer; port: number; url: string }> {
  const server = new HttpServer({
    host: HOST,
    port: 0,
    routes: new Map(Object.entries(routes)),
    log: createLog('silent'),
    stats: createStats(),
    ...options,
    socketRoutes: new Map(Object.entries(options.socketRoutes ?? {})),
  });
  servers.push(server);
  const port = await server.start();
  return { server, port, url: `http://${HOST}:${port}` };
}

/** Begins an event stream and never ends it. */
const stream: Handler = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(':\n\n');
};

test('no cache keeps an answer, unless its route says so', async () => {
  const { url } = await start({
    '/answer': (_request, response) => sendJson(response, 200, {}),
    '/refusal': (_request, response) => sendJson(response, 401, {}),
    '/failure': () => Promise.reject(new Error('a bug')),
    '/file': (_request, response) => void response.writeHead(200, { 'cache-control': 'max-age=9' }).end(),
  });
  const readCaching = async (path: string) => (await fetch(url + path)).headers.get('cache-control');
  for (const path of ['/answer', '/refusal', '/failure', '/nowhere']) {
    expect(await readCaching(path)).toBe('no-store');
  }
  expect(await readCaching('/file')).toBe('max-age=9');
});

describe('a server whose role changes', () => {
  test('answers in the new way on the same port; what was begun is finished, and streams end', async () => {
    const waits = createDeferred<boolean>();
    const arrived = createDeferred<boolean>();
    let closed = 0;
    const { server, url } = await start(
      {
        '/a': (_request, response) => sendJson(response, 200, { role: 'replica' }),
        '/waits': async (request, response) => {
          arrived.resolve(true);
          await waits.promise;
          sendJson(response, 200, { role: 'replica', read: await text(request) });
        },
        '/stream': stream,
      },
      { socketRoutes: { '/graphql': { open: () => undefined, closeAll: () => (closed += 1) } } },
    );
    const waiting = fetch(`${url}/waits`, { method: 'POST', body: 'read later' });
    const events = await fetch(`${url}/stream`);
    const streamed = events.text();
    await arrived.promise;
    server.use({
      routes: new Map<string, Handler>([
        ['/a', (_request, response) => sendJson(response, 200, { role: 'leader' })],
      ]),
      socketRoutes: new Map(),
    });
    expect(closed).toBe(1);
    await expect(streamed).rejects.toThrow();
    expect(await (await fetch(`${url}/a`)).json()).toEqual({ role: 'leader' });
    waits.resolve(true);
    expect(await (await waiting).json()).toEqual({ role: 'replica', read: 'read later' });
    expect((await fetch(`${url}/stream`)).status).toBe(404);
  });
});

describe('a request', () => {
  test('goes to the handler of its path, whatever its query', async () => {
    const { url } = await start({ '/a': (_request, response) => sendJson(response, 200, { path: 'a' }) });
    for (const path of ['/a', '/a?b=c', '/a?', '/a/', '/a/?b=c', '//a', '///a/']) {
      expect(await (await fetch(url + path)).json()).toEqual({ path: 'a' });
    }
  });

  test.each(['/', '/b', '/a/b', '/a//', '/A', '/a/../a%00', '/__proto__', '//evil.example/a'])(
    'for %s, which is nowhere, is answered with 404 in JSON',
    async (path) => {
      const { url } = await start({ '/a': answerHealth });
      const response = await fetch(`${url}${path}`);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toContain('application/json');
      expect(await response.json()).toMatchObject({
        error: textWith('no such path'),
        paths: ['/a'],
      });
    },
  );

  test.each([
    [
      'throws',
      () => {
        throw new Error('hunter2');
      },
    ],
    ['rejects', () => Promise.reject(new Error('hunter2'))],
  ])('whose handler %s is answered with 500 and no reason', async (_name, handler) => {
    const { url } = await start({ '/a': handler, '/health': answerHealth });
    const response = await fetch(`${url}/a`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('hunter2');
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  test('whose handler fails half-way is cut off, not left hanging', async () => {
    const { url } = await start({
      '/a': (_request, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half');
        throw new Error('hunter2');
      },
    });
    await expect(fetch(`${url}/a`).then((response) => response.text())).rejects.toThrow();
  });

  test('of no known protocol is answered with 400 or cut off', async () => {
    const { port, url } = await start({ '/health': answerHealth });
    const socket = connect(port, HOST);
    socket.on('error', () => undefined);
    socket.resume();
    socket.end('\u0000\u0001 nonsense\r\n\r\n');
    await once(socket, 'close');
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  test.each([
    ['http://lapwing.example/a?b=c', 'lapwing.example', '/a?b=c'],
    ['HTTPS://Lapwing.example:8443/a', 'Lapwing.example:8443', '/a'],
    ['http://lapwing.example?b', 'lapwing.example', '/?b'],
    ['http://lapwing.example', 'lapwing.example', '/'],
    ['http://lapwing.example//a', 'lapwing.example', '/a'],
    ['//a?b=//c', 'header.example', '/a?b=//c'],
    ['/a?b=http://other.example/', 'header.example', '/a?b=http://other.example/'],
  ])('for a whole address, as through a proxy, is one for its path: %s', async (target, host, url) => {
    const show: Handler = (request, response) =>
      sendJson(response, 200, { host: request.headers.host, url: request.url });
    const { port } = await start({ '/a': show, '/': show });
    const socket = connect(port, HOST);
    socket.end(`GET ${target} HTTP/1.1\r\nhost: header.example\r\nconnection: close\r\n\r\n`);
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain(JSON.stringify({ host, url }));
  });

  test.each(['/graphql', '/graphql/', '//graphql?a=b'])(
    'to upgrade goes to the socket of its path: %s',
    async (path) => {
      const open: SocketRoute['open'] = (_request, socket) =>
        socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      const { port } = await start({}, { socketRoutes: { '/graphql': { open, closeAll: () => undefined } } });
      const socket = connect(port, HOST);
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n`);
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 101 /);
    },
  );

  test('to upgrade a path that is no socket is answered with 404', async () => {
    const { port } = await start({ '/a': answerHealth });
    const socket = connect(port, HOST);
    socket.write('GET /a HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 404 /);
    socket.destroy();
  });
});

describe('/health and /ready', () => {
  test('say that the process is there and what keeps it from its work', async () => {
    let problems: readonly string[] = ['the database is being started again'];
    let ready = false;
    const { url } = await start({
      '/health': answerHealth,
      '/ready': createReadyHandler(() => Promise.resolve({ ready, problems })),
    });
    expect(await (await fetch(`${url}/health`)).json()).toEqual({
      name: 'lapwing',
      message: 'ready for writes',
      // What the clients of InfluxDB 2 compare with.
      status: 'pass',
      checks: [],
    });
    const notReady = await fetch(`${url}/ready`);
    expect(notReady.status).toBe(503);
    expect(await notReady.json()).toEqual({ status: 'not ready', problems });
    ready = true;
    problems = ['a secret cannot be read'];
    const answer = await fetch(`${url}/ready`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: 'ready', problems });
  });

  test('a check that fails is a problem', async () => {
    const { url } = await start({
      '/ready': createReadyHandler(() => Promise.reject(new Error('no answer'))),
    });
    const response = await fetch(`${url}/ready`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ problems: ['Error: no answer'] });
  });
});

describe('stop', () => {
  test('lets a request finish and takes no other', async () => {
    const begun = createDeferred<undefined>();
    const finish = createDeferred<undefined>();
    const { server, url } = await start({
      '/slow': async (_request, response) => {
        begun.resolve(undefined);
        await finish.promise;
        sendJson(response, 200, { done: true });
      },
    });
    const answer = fetch(`${url}/slow`);
    await begun.promise;
    const stopped = server.stop();
    await expect(fetch(`${url}/slow`)).rejects.toThrow();
    finish.resolve(undefined);
    expect(await (await answer).json()).toEqual({ done: true });
    await stopped;
  });

  test('does not wait for connections that were opened ahead of a request', async () => {
    const begun = createDeferred<undefined>();
    const finish = createDeferred<undefined>();
    const { server, port, url } = await start({
      '/slow': async (_request, response) => {
        begun.resolve(undefined);
        await finish.promise;
        sendJson(response, 200, { done: true });
      },
    });
    const ahead = connect(port, HOST);
    ahead.on('error', () => undefined);
    await once(ahead, 'connect');
    const answer = fetch(`${url}/slow`);
    await begun.promise;
    const closed = once(ahead, 'close');
    const stopped = server.stop();
    // At the limit the request beside it would be cut off too.
    await closed;
    finish.resolve(undefined);
    expect(await (await answer).json()).toEqual({ done: true });
    await stopped;
  });

  test('cuts event streams off, so that their clients come back', async () => {
    const { server, url } = await start({ '/stream': stream });
    const response = await fetch(`${url}/stream`);
    const reading = response.text();
    const stopped = server.stop();
    await expect(reading).rejects.toThrow();
    await stopped;
  });

  test('sends the clients of every socket route away', async () => {
    const sockets: Duplex[] = [];
    const route: SocketRoute = {
      open: (_request, socket) => {
        sockets.push(socket);
        socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      },
      closeAll: () => sockets.forEach((socket) => socket.destroy()),
    };
    const { server, port } = await start({}, { socketRoutes: { '/socket': route } });
    const opened = connect(port, HOST);
    opened.write('GET /socket HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n');
    await once(opened, 'data');
    const closed = once(opened, 'close');
    await Promise.all([closed, server.stop()]);
  });

  test('before start, and twice, does no harm', async () => {
    const { server } = await start({});
    await server.stop();
    await server.stop();
    const never = new HttpServer({
      host: HOST,
      port: 0,
      routes: new Map(),
      socketRoutes: new Map(),
      log: createLog('silent'),
      stats: createStats(),
    });
    await never.stop();
  });
});

test.each(['text/event-stream', 'multipart/mixed;boundary="graphql"'])(
  'a reader of a live stream that stops reading is cut off, and the others are not: %s',
  async (type) => {
    const closed = createDeferred<string>();
    const { port, url } = await start(
      {
        '/stream': (request, response) => {
          response.writeHead(200, { 'content-type': type });
          const frame = `data: ${'x'.repeat(65_536)}\n\n`;
          const fill = () => {
            while (!response.destroyed && response.write(frame));
          };
          response.on('drain', fill);
          response.on('close', () => closed.resolve(request.url ?? ''));
          fill();
        },
        '/quiet': stream,
      },
      { streamStallLimitMs: 300 },
    );
    const quiet = await fetch(`${url}/quiet`);
    const stalled = connect(port, HOST);
    stalled.on('error', () => undefined);
    stalled.write('GET /stream HTTP/1.1\r\nhost: x\r\n\r\n');
    stalled.pause();
    expect(await closed.promise).toBe('/stream');
    stalled.destroy();
    const reader = quiet.body?.getReader();
    expect((await reader?.read())?.done).toBe(false);
    await reader?.cancel();
  },
);
