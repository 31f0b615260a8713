/** A TCP proxy that can cut, reset, stall and slice what goes through it. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** How many it has taken so far. */
  readonly connections: () => number;
  /** How many of them are over. */
  readonly closed: () => number;
  /** Lets nothing through, without a word, and gives it on when it is over: a pulled cable. */
  readonly setCut: (isCut: boolean) => void;
  /** Ends every connection with a reset. */
  readonly reset: () => void;
  /** Ends one direction of every connection and leaves the other: of half-closed connections nobody hears again. */
  readonly halfClose: () => void;
  /** Passes every byte on its own. */
  readonly setSliced: (isSliced: boolean) => void;
}

/** @param target a port of this machine, or a Unix socket */
export async function startProxy(
  target: { readonly port: number } | { readonly path: string },
): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const upstreams = new Set<Socket>();
  let connections = 0;
  let closed = 0;
  let isCut = false;
  let isSliced = false;
  const pass = (from: Socket, to: Socket) => {
    from.on('data', (chunk: Buffer) => {
      const pieces = isSliced ? [...chunk].map((byte) => Buffer.of(byte)) : [chunk];
      // What comes for a direction that was closed is lost.
      if (to.writable) for (const piece of pieces) to.write(piece);
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    sockets.add(from);
    if (isCut) from.pause();
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    connections += 1;
    client.once('close', () => (closed += 1));
    const upstream = connect({ ...target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    upstreams.add(upstream);
    upstream.once('close', () => upstreams.delete(upstream));
    pass(client, upstream);
    pass(upstream, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return {
    port: address.port,
    connections: () => connections,
    closed: () => closed,
    setCut: (value) => {
      isCut = value;
      for (const socket of sockets)
        if (isCut) socket.pause();
        else socket.resume();
    },
    reset: () => {
      for (const socket of [...sockets]) socket.resetAndDestroy();
    },
    halfClose: () => {
      for (const upstream of upstreams) upstream.end();
    },
    setSliced: (value) => (isSliced = value),
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of [...sockets]) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Where a database listens. */
export function readTarget(connection: string): { port: number } | { path: string } {
  const { searchParams, port } = new URL(connection);
  const folder = searchParams.get('host');
  return folder === null ? { port: Number(port) } : { path: `${folder}/.s.PGSQL.5432` };
}

/** The same database, through a proxy. */
export function leadThrough(connection: string, port: number): string {
  const url = new URL(connection);
  url.searchParams.delete('host');
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return url.href;
}
