/**
 * The protocol of subscriptions-transport-ws, whose subprotocol is called graphql-ws: clients for phones and .NET still speak
 * it by default. Each of its messages has one of graphql-transport-ws, whose limits and ends hold here too.
 * https://github.com/apollographql/subscriptions-transport-ws/blob/master/PROTOCOL.md
 */
import { MessageType } from 'graphql-ws';
import type { Peer } from './websocket-peer.ts';

/** What both protocols have of a message. */
interface Message {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly payload?: unknown;
}

const NORMAL_CLOSURE = 1000;
/** How the messages of results begin: the text of an id has no bare quotation marks. */
const [NEXT, DATA] = ['"type":"next"', '"type":"data"'];

export class LegacyPeer implements Peer {
  readonly #peer: Peer;
  readonly #acknowledged: Promise<void>;
  #acknowledge: () => void = () => undefined;
  #isAcknowledged = false;
  #isClosing = false;

  constructor(peer: Peer) {
    this.#peer = peer;
    this.#acknowledged = new Promise((resolve) => (this.#acknowledge = resolve));
  }

  get socket(): Peer['socket'] {
    return this.#peer.socket;
  }

  admit(): void {
    this.#peer.admit();
  }

  whenOpen(): Promise<void> {
    return this.#peer.whenOpen();
  }

  /** @param parts of a message of graphql-transport-ws */
  async send(parts: readonly Buffer[]): Promise<void> {
    const [head, ...rest] = parts;
    if (head === undefined) return;
    if (rest.length > 0) {
      await this.#peer.send([Buffer.from(head.toString().replace(NEXT, DATA)), ...rest]);
      return;
    }
    for (const message of this.#translate(head)) await this.#peer.send([message]);
  }

  /** Says why, as this protocol does, before a connection is closed that was not taken. */
  async close(code: number, reason: string): Promise<void> {
    // The first reason counts.
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (!this.#isAcknowledged)
      await this.#sendMessage({ type: 'connection_error', payload: { message: reason } });
    this.socket.close(code, reason);
  }

  /** @param read is given the message of graphql-transport-ws */
  async receive(text: string, read: (text: string) => Promise<void>): Promise<void> {
    const message = parseMessage(text);
    switch (message?.type) {
      case 'connection_init':
        // Some have null where there is nothing.
        await read(JSON.stringify({ ...message, payload: message.payload ?? {} }));
        return;
      case 'start':
        // Its clients do not wait for the acknowledgement.
        await this.#acknowledged;
        await read(JSON.stringify({ ...message, type: MessageType.Subscribe }));
        return;
      case 'stop':
        await this.#acknowledged;
        await read(JSON.stringify({ id: message.id, type: MessageType.Complete }));
        return;
      case 'connection_terminate':
        this.socket.close(NORMAL_CLOSURE);
        return;
      default:
        await read(text);
    }
  }

  #translate(bytes: Buffer): readonly Buffer[] {
    const message = parseMessage(bytes.toString());
    switch (message?.type) {
      case MessageType.ConnectionAck:
        this.#isAcknowledged = true;
        this.#acknowledge();
        return [bytes];
      case MessageType.Next:
        return [write({ ...message, type: 'data' })];
      case MessageType.Error:
        // Its own error is of one object, which not all clients read alike: what is wrong is sent as a result is.
        return [
          write({ ...message, type: 'data', payload: { errors: message.payload } }),
          write({ id: message.id, type: 'complete' }),
        ];
      default:
        return [bytes];
    }
  }

  async #sendMessage(message: Message): Promise<void> {
    if (this.socket.readyState === this.socket.OPEN) await this.#peer.send([write(message)]);
  }
}

function write(message: Message): Buffer {
  return Buffer.from(JSON.stringify(message));
}

/** @returns null for what is no message */
export function parseMessage(text: string): Message | null {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null ? message : null;
  } catch {
    // The one that reads it next says so.
    return null;
  }
}
