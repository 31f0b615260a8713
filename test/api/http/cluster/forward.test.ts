/** A replica in front of a leader: both real HTTP servers; who leads is set by hand. */
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createForward, type ForwardOptions } from '../../../../src/api/http/cluster/forward-request.ts';
import { createForwardSocket } from '../../../../src/api/http/cluster/forward-socket.ts';
import type { Handler, SocketRoute } from '../../../../src/api/http/routes.ts';
import { HttpServer } from '../../../../src/api/http/server.ts';
import { createReadAddress } from '../../../../src/core/access/client-address.ts';
import { createLog } from '../../../../src/log.ts';
import type { ClusterMember } from '../../../../src/platform/cluster/cluster-directory.ts';
import { FORWARDED_HEADER, ForwardedHeader } from '../../../../src/platform/cluster/forwarded-header.ts';
import { LeaderConnections } from '../../../../src/platform/cluster/leader-connections.ts';
import { startProxy } from '../../../faults/proxy.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';

const log = createLog('silent');
const header = new ForwardedHeader(Buffer.alloc(32, 1));
const readAddress = createReadAddress([], (headers) => header.read(headers));
const servers: HttpServer[] = [];
let stats = createStats();
let caughtUp = 0;
/** Who leads, as the directory knows it. */
let leader: ClusterMember | null = null;
let onLost: () => void = () => undefined;

const directory: ConstructorParameters<typeof LeaderConnections>[0] = {
  reachLeader: async (_limitMs, reach) => (leader === null ? null : reach(leader)),
  watchLeader: (_id, lost) => {
    onLost = lost;
    return () => undefined;
  },
};

beforeEach(() => {
  stats = createStats();
  caughtUp = 0;
  leader = null;
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function listen(
  notFound: Handler,
  socketRoutes: ReadonlyMap<string, SocketRoute> = new Map(),
): Promise<string> {
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    routes: new Map(),
    notFound: () => notFound,
    socketRoutes,
    log,
    stats,
  });
  servers.push(server);
  return `http://127.0.0.1:${await server.start()}`;
}

function lead(address: string): void {
  const facts = {
    id: 'a',
    name: 'a',
    version: '1',
    isLeader: true,
    isReady: true,
    startedAt: new Date(),
    ports: {},
  };
  leader = { ...facts, address };
}

const options = (): ForwardOptions => ({
  leader: new LeaderConnections(directory),
  header,
  readAddress,
  catchUp: () => Promise.resolve(void (caughtUp += 1)),
  stats,
  log,
});
const startReplica = () => listen(createForward(options()));

describe('a request that a replica passes on', () => {
  it('comes as it was sent, with the address of the client, and its answer goes back as it is', async () => {
    const seen: unknown[] = [];
    lead(
      await listen(async (request, response) => {
        const body = Buffer.concat(await request.toArray()).toString('hex');
        const { host, authorization, 'content-encoding': encoding, te } = request.headers;
        seen.push([
          request.method,
          request.url,
          host,
          authorization,
          encoding,
          te,
          body,
          readAddress(request),
        ]);
        response.writeHead(207, { 'x-answer': 'a', 'set-cookie': ['b=1', 'c=2'], connection: 'close' });
        response.end('half of it');
      }),
    );
    const replica = await startReplica();
    const body = gzipSync('cpu value=1');
    const answer = await fetch(`${replica}/api/v2/write?bucket=x%20y&precision=ms`, {
      method: 'POST',
      headers: { authorization: 'Token k', 'content-encoding': 'gzip', 'x-forwarded-for': '9.9.9.9' },
      body,
    });
    expect([
      answer.status,
      answer.headers.get('x-answer'),
      answer.headers.getSetCookie(),
      await answer.text(),
    ]).toEqual([207, 'a', ['b=1', 'c=2'], 'half of it']);
    const host = new URL(replica).host;
    expect(seen).toEqual([
      [
        'POST',
        '/api/v2/write?bucket=x%20y&precision=ms',
        host,
        'Token k',
        'gzip',
        undefined,
        body.toString('hex'),
        '127.0.0.1',
      ],
    ]);
    expect([caughtUp, stats.read('requests_forwarded')]).toEqual([1, 1]);
    await fetch(`${replica}/download/x`);
    // What only reads changes nothing that the replica would have to know.
    expect(caughtUp).toBe(1);
  });

  it('is streamed, whatever its size', async () => {
    lead(await listen(async (request, response) => void response.end(String((await text(request)).length))));
    const replica = await startReplica();
    const chunk = 'x'.repeat(1_000_000);
    const stream = new ReadableStream({
      start: (controller) => {
        for (let part = 0; part < 20; part++) controller.enqueue(Buffer.from(chunk));
        controller.close();
      },
    });
    const answer = await fetch(replica, { method: 'POST', body: stream, duplex: 'half' } as RequestInit);
    expect(await answer.text()).toBe('20000000');
  });

  it('is answered 503 where there is no leader, where it ends before it answers, and where another one leads by then', async () => {
    const replica = await startReplica();
    const ask = async () => {
      const answer = await fetch(replica, { method: 'POST', body: 'x' });
      const { code } = (await answer.json()) as { code: string };
      return [answer.status, answer.headers.get('retry-after'), code];
    };
    expect(await ask()).toEqual([503, '1', 'RETRY_LATER']);
    lead(await listen((request) => void request.socket.destroy()));
    expect(await ask()).toEqual([503, '1', 'RETRY_LATER']);
    lead(await listen(() => onLost()));
    expect(await ask()).toEqual([503, '1', 'RETRY_LATER']);
    expect(stats.read('forwards_failed')).toBe(3);
  });

  it('waits for a leader that can be reached, and is answered 503 once it cannot be any more', async () => {
    const waiting: (() => void)[] = [];
    let probes = 0;
    const address = await listen((request, response) => {
      if (request.url !== '/health') return void waiting.push(() => response.end('done'));
      probes += 1;
      response.end();
    });
    await using proxy = await startProxy({ port: Number(new URL(address).port) });
    lead(`http://127.0.0.1:${proxy.port}`);
    const probing = new LeaderConnections(directory, { probeEveryMs: 50 });
    const replica = await listen(createForward({ ...options(), leader: probing }));
    const ask = () => fetch(replica, { method: 'POST', body: 'x' });

    const patient = ask();
    await expect.poll(() => probes).toBeGreaterThan(2);
    waiting.pop()?.();
    expect(await (await patient).text()).toBe('done');

    const cutOff = ask();
    await expect.poll(() => waiting).toHaveLength(1);
    proxy.setCut(true);
    expect((await cutOff).status).toBe(503);
  });

  it('shares a connection with those before, and outlasts its rest', { timeout: 20_000 }, async () => {
    let answer: () => void = () => undefined;
    const address = await listen((request, response) => {
      if (request.url === '/slow') answer = () => response.end('slow');
      else response.end('done');
    });
    await using proxy = await startProxy({ port: Number(new URL(address).port) });
    lead(`http://127.0.0.1:${proxy.port}`);
    const replica = await startReplica();
    for (let turn = 0; turn < 3; turn++) expect(await (await fetch(replica)).text()).toBe('done');
    expect(proxy.connections()).toBe(1);
    // Longer than a connection that nobody uses is kept; the leader is asked for its health by others.
    const slow = fetch(`${replica}/slow`);
    await expect.poll(() => proxy.connections(), { timeout: 10_000 }).toBeGreaterThan(1);
    answer();
    expect(await (await slow).text()).toBe('slow');
    const closed = proxy.closed();
    await expect.poll(() => proxy.closed(), { timeout: 10_000 }).toBeGreaterThan(closed);
    expect(await (await fetch(replica)).text()).toBe('done');
  });

  it('is not passed on a second time', async () => {
    lead(await listen((_request, response) => void response.end('never')));
    const replica = await startReplica();
    for (const value of [header.write('10.0.0.1'), 'forged']) {
      const answer = await fetch(replica, { method: 'POST', headers: { [FORWARDED_HEADER]: value } });
      expect(answer.status).toBe(503);
    }
    expect(stats.read('requests_forwarded')).toBe(0);
  });

  it('ends with its client', async () => {
    const ended = new Promise((resolve) => {
      void listen((request) => void request.once('close', resolve)).then(lead);
    });
    const replica = await startReplica();
    await expect.poll(() => leader).not.toBeNull();
    const stopping = new AbortController();
    const asked = fetch(replica, { method: 'POST', body: 'x', signal: stopping.signal });
    await expect.poll(() => stats.read('requests_forwarded')).toBe(1);
    stopping.abort();
    await expect(asked).rejects.toThrow();
    await ended;
  });
});

describe('a WebSocket that a replica passes on', () => {
  it('is one with the leader: what each sends, and its end', async () => {
    const sockets = new WebSocketServer({ noServer: true });
    sockets.on('connection', (socket) => {
      socket.on('message', (message: Buffer) => {
        if (message.toString() === 'end') socket.close(4403, 'enough');
        else socket.send(`got ${message.toString()}`);
      });
    });
    const route: SocketRoute = {
      open: (request, socket, head) =>
        sockets.handleUpgrade(request, socket, head, (made) => sockets.emit('connection', made, request)),
      closeAll: () => undefined,
    };
    lead(await listen((_request, response) => void response.end(), new Map([['/graphql', route]])));
    const replica = await listen(
      (_request, response) => void response.end(),
      new Map([['/graphql', createForwardSocket(options())]]),
    );
    const client = new WebSocket(`${replica.replace('http', 'ws')}/graphql`);
    await once(client, 'open');
    client.send('a');
    expect(String((await once(client, 'message'))[0])).toBe('got a');
    client.send('end');
    expect(await once(client, 'close')).toEqual([4403, Buffer.from('enough')]);
    sockets.close();
  });

  it('is refused where there is no leader, and with the status of a leader that refuses', async () => {
    const replica = await listen(
      (_request, response) => void response.end(),
      new Map([['/graphql', createForwardSocket(options())]]),
    );
    const statusOf = async () => {
      const client = new WebSocket(`${replica.replace('http', 'ws')}/graphql`);
      client.on('error', () => undefined);
      const [, answer] = (await once(client, 'unexpected-response')) as [unknown, { statusCode: number }];
      return answer.statusCode;
    };
    expect(await statusOf()).toBe(503);
    lead(await listen((_request, response) => void response.end()));
    expect(await statusOf()).toBe(404);
  });
});
