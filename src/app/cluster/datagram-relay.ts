/** Datagrams that come to a replica, passed on to the leader one by one. */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { Log } from '../../log.ts';
import { readOut } from '../../platform/bounded-input/read-out.ts';
import type { RelayTarget } from './relay-connection.ts';

/** That wait for a leader; further ones are dropped. Some megabytes. */
const MAX_WAITING = 5_000;

interface DatagramRelayOptions {
  readonly findTarget: () => Promise<RelayTarget | null>;
  readonly note: (isPassed: boolean) => void;
  readonly log: Pick<Log, 'debug'>;
}

export class DatagramRelay {
  readonly #options: DatagramRelayOptions;
  #listener: Socket | null = null;
  /** By the family of the leader's address: it need not be that of the address that is listened on. */
  readonly #senders = new Map<number, Socket>();
  readonly #underWay = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: DatagramRelayOptions) {
    this.#options = options;
  }

  /** @throws what the system says when the address cannot be had */
  async start(host: string, port: number): Promise<void> {
    const listener = this.#open(host.includes(':') ? 6 : 4);
    listener.on('message', (message) => {
      const taking = this.#take(message).finally(() => this.#underWay.delete(taking));
      this.#underWay.add(taking);
    });
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.bind(port, host, resolve);
    });
    this.#listener = listener;
  }

  /** What has come goes on to wait for a leader. */
  async closePort(): Promise<void> {
    const listener = this.#listener;
    if (listener === null) return;
    this.#listener = null;
    await readOut(listener);
    listener.close();
  }

  /** Resolves once what has come is passed on, or there is no leader for it. */
  async end(): Promise<void> {
    await this.closePort();
    await Promise.all(this.#underWay);
  }

  close(): void {
    this.#isClosed = true;
    this.#listener?.close();
    this.#listener = null;
    for (const sender of this.#senders.values()) sender.close();
  }

  async #take(message: Buffer): Promise<void> {
    const isPassed = this.#underWay.size < MAX_WAITING && (await this.#passOn(message));
    this.#options.note(isPassed);
  }

  async #passOn(message: Buffer): Promise<boolean> {
    const target = await this.#options.findTarget();
    const found = target === null ? null : await lookup(target.host).catch(() => null);
    if (target === null || found === null || this.#isClosed) return false;
    const sender = this.#senders.get(found.family) ?? this.#open(found.family);
    this.#senders.set(found.family, sender);
    return new Promise((resolve) => {
      sender.send(message, target.port, found.address, (error) => resolve(error === null));
    });
  }

  #open(family: number): Socket {
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    return socket.on('error', (error) => {
      this.#options.log.debug({ err: error }, 'a datagram could not be passed on');
    });
  }
}
