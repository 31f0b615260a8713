/**
 * What operators put in front of several servers: it asks all for /ready and sends connections to one that is: always the same,
 * as for an active server and its standby, or one after the other, as for members of a cluster. Those to one that no longer
 * answers so are closed, as HAProxy does with on-marked-down shutdown-sessions.
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
  readonly #ready = new Set<number>();
  readonly #spreads: boolean;
  #turns = 0;
  #onActive: () => void = () => undefined;

  private constructor(ports: readonly number[], spreads: boolean) {
    this.#spreads = spreads;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#forward(client));
    this.#checking = Promise.all(ports.map((port) => this.#watch(port)));
  }

  /**
   * Returns once one of them is ready.
   * @param ports of this machine
   * @param spreads whether each connection goes to the next one that is ready; to the one that was ready first when left out
   */
  static async start(ports: readonly number[], spreads = false): Promise<Balancer> {
    const balancer = new Balancer(ports, spreads);
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

  /** The port connections go to: the one that was ready first of those that are. */
  get active(): number | null {
    const [first = null] = this.#ready;
    return first;
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
      if (isReady) {
        this.#ready.add(port);
        this.#onActive();
      } else if (this.#ready.has(port)) this.#drop(port);
      await pause(CHECK_MS);
    }
  }

  #drop(port: number): void {
    this.#ready.delete(port);
    for (const [socket, other] of this.#sockets) if (other === port) socket.destroy();
  }

  #choose(): number | null {
    if (!this.#spreads) return this.active;
    const ready = [...this.#ready];
    return ready[(this.#turns += 1) % ready.length] ?? null;
  }

  #forward(client: Socket): void {
    const port = this.#choose();
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
