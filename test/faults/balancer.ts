/**
 * What operators put in front of an active server and its standby: it asks both for /ready and sends connections to the
 * one that is. Those to one that no longer answers so are closed, as HAProxy does with on-marked-down shutdown-sessions.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const CHECK_MS = 100;
const CHECK_LIMIT_MS = 1_000;

export class Balancer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Map<Socket, number>();
  readonly #stopping = new AbortController();
  readonly #checking: Promise<unknown>;
  /** Of those that are ready, the one that was first. */
  #active: number | null = null;
  #onActive: () => void = () => undefined;

  private constructor(ports: readonly number[]) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#forward(client));
    this.#checking = Promise.all(ports.map((port) => this.#watch(port)));
  }

  /** Returns once one of them is ready. @param ports of this machine */
  static async start(ports: readonly number[]): Promise<Balancer> {
    const balancer = new Balancer(ports);
    const hasActive = new Promise<void>((resolve) => (balancer.#onActive = resolve));
    balancer.#server.listen(0, '127.0.0.1');
    await Promise.all([once(balancer.#server, 'listening'), hasActive]);
    return balancer;
  }

  /** http://127.0.0.1:port */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
    return `http://127.0.0.1:${address.port}`;
  }

  /** The port connections go to. */
  get active(): number | null {
    return this.#active;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#checking;
    this.#server.close();
    for (const socket of [...this.#sockets.keys()]) socket.destroy();
    await once(this.#server, 'close');
  }

  async #watch(port: number): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const isReady = await isServerReady(port);
      if (isReady && this.#active === null) {
        this.#active = port;
        this.#onActive();
      }
      if (!isReady && this.#active === port) this.#drop(port);
      await pause(CHECK_MS);
    }
  }

  #drop(port: number): void {
    this.#active = null;
    for (const [socket, other] of this.#sockets) if (other === port) socket.destroy();
  }

  #forward(client: Socket): void {
    const port = this.#active;
    if (port === null) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.#pass(client, upstream, port);
    this.#pass(upstream, client, port);
  }

  #pass(from: Socket, to: Socket, port: number): void {
    this.#sockets.set(from, port);
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}

async function isServerReady(port: number): Promise<boolean> {
  const signal = AbortSignal.timeout(CHECK_LIMIT_MS);
  return fetch(`http://127.0.0.1:${port}/ready`, { signal }).then(
    async (response) => {
      await response.body?.cancel();
      return response.ok;
    },
    () => false,
  );
}
