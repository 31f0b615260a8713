/** One WebSocket of a replica to the leader, for points: each push has an answer, in any order, or the socket ends. */
import { WebSocket } from 'ws';
import { type PointAnswer, readAnswers } from '../../core/ingest/forwarded/point-answer.ts';
import { encodePushes, type ForwardedPush } from '../../core/ingest/forwarded/point-frame.ts';
import { toError } from '../../platform/runtime/to-error.ts';

/** How ws reports a leader of another version: it knows the path, and not the subprotocol; or no such path. */
const OTHER_PROTOCOL = /^Server sent (?:no|an invalid) subprotocol$|^Unexpected server response: 404$/;
/** While answers are awaited the leader is pinged so often within the limit of its silence. */
const PINGS = 4;
/** Pushes that come at once share a message, up to this size. */
const MAX_SHARED_BYTES = 20_000_000;

export class PointConnection {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: PointAnswer | null) => void>();
  /** Read in this turn of the event loop. */
  #toSend: ForwardedPush[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #silenceLimitMs: number;
  #lastId = 0;
  #heardMs = performance.now();

  private constructor(socket: WebSocket, silenceLimitMs: number) {
    this.#socket = socket;
    this.#silenceLimitMs = silenceLimitMs;
    this.#timer = setInterval(() => this.#check(), silenceLimitMs / PINGS).unref();
    const hear = () => void (this.#heardMs = performance.now());
    socket.on('message', (message: Buffer) => {
      hear();
      this.#take(message);
    });
    socket.on('pong', hear);
    socket.once('close', () => this.#end());
  }

  /**
   * @param silenceLimitMs a leader of whom nothing is heard for so long is frozen, or cut off: the socket ends
   * @returns null for a socket that could not be connected, 'other protocol' for a leader of another version. Never fails.
   */
  static async open(
    socket: WebSocket,
    silenceLimitMs: number,
  ): Promise<PointConnection | 'other protocol' | null> {
    const failures: string[] = [];
    socket.once('error', ({ message }) => failures.push(message));
    await new Promise<void>((resolve) => {
      for (const event of ['open', 'close'] as const) socket.once(event, () => resolve());
    });
    if (failures.some((message) => OTHER_PROTOCOL.test(message))) return 'other protocol';
    return socket.readyState === WebSocket.OPEN ? new PointConnection(socket, silenceLimitMs) : null;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** @returns null when the connection ended before the answer came: whether the points are stored is not known then */
  send(push: Omit<ForwardedPush, 'id'>): Promise<PointAnswer | null> {
    if (!this.isOpen) return Promise.resolve(null);
    if (this.#waiting.size === 0) this.#heardMs = performance.now();
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      if (this.#toSend.length === 0) setImmediate(() => this.#flush());
      this.#toSend.push({ id, ...push });
    });
  }

  /** Answers that are awaited do not come any more. */
  close(): void {
    this.#socket.terminate();
  }

  #flush(): void {
    const pushes = this.#toSend;
    this.#toSend = [];
    this.#sendAll(pushes);
  }

  /** One that cannot be written, or makes the message too large, costs no other. */
  #sendAll(pushes: readonly ForwardedPush[]): void {
    const [{ id } = { id: 0 }, ...others] = pushes;
    const isAlone = others.length === 0;
    try {
      const message = encodePushes(pushes);
      if (message.byteLength <= MAX_SHARED_BYTES || isAlone) {
        this.#socket.send(message);
        return;
      }
    } catch (error) {
      if (isAlone) {
        this.#settle({ id, failure: toError(error).message });
        return;
      }
    }
    for (const push of pushes) this.#sendAll([push]);
  }

  #check(): void {
    if (this.#waiting.size === 0) return;
    if (performance.now() - this.#heardMs > this.#silenceLimitMs) this.#socket.terminate();
    else this.#socket.ping();
  }

  #take(message: Buffer): void {
    try {
      for (const answer of readAnswers(message.toString())) this.#settle(answer);
    } catch {
      // A leader that speaks otherwise: nobody is to wait for it.
      this.#socket.terminate();
    }
  }

  #settle(answer: PointAnswer): void {
    this.#waiting.get(answer.id)?.(answer);
    this.#waiting.delete(answer.id);
  }

  #end(): void {
    clearInterval(this.#timer);
    for (const resolve of this.#waiting.values()) resolve(null);
    this.#waiting.clear();
  }
}
