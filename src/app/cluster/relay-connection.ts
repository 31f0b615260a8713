/** A connection of a sender that has no acknowledgement, passed on to a port of the leader. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import type { ClusterDirectory, ClusterMember } from '../../platform/cluster/cluster-directory.ts';
import { CONNECT_LIMIT_MS } from '../../platform/cluster/leader-socket.ts';
import { WholeLines } from './whole-lines.ts';

export interface RelayTarget {
  readonly host: string;
  readonly port: number;
}

interface RelayOptions {
  readonly directory: Pick<ClusterDirectory, 'reachLeader' | 'watchLeader' | 'watchLeaving'>;
  /** Null where the leader does not take the protocol. */
  readonly readTarget: (leader: ClusterMember) => RelayTarget | null;
  /** What is sent is lines: the next leader can go on behind any of them. */
  readonly hasLines: boolean;
  /** A sender waits so long for a leader, with what it has sent. */
  readonly limitMs: number;
  /** Whether there is a leader that takes what comes; without one the connection ends. */
  readonly note: (isPassed: boolean) => void;
}

interface LeaderEnd {
  readonly id: string;
  readonly socket: Socket;
}

export class RelayConnection {
  readonly #sender: Socket;
  readonly #options: RelayOptions;
  /** Between the two. */
  readonly #passed: WholeLines | PassThrough;
  #leader: Socket | null = null;

  constructor(sender: Socket, options: RelayOptions) {
    this.#sender = ignoreErrors(sender);
    this.#options = options;
    const passed = options.hasLines ? new WholeLines() : new PassThrough();
    this.#passed = passed;
    sender.once('close', () => {
      if (!sender.readableEnded) this.#breakOff();
    });
    sender.pipe(passed);
  }

  /** Calls back once there is nothing more to pass on. */
  onceDone(callback: () => void): void {
    this.#passed.once('close', callback);
  }

  async open(): Promise<void> {
    this.#options.note(this.#passTo(await this.#connect(null)));
  }

  /** Takes nothing more. Resolves once what has come is passed on, which takes a leader. */
  async end(): Promise<void> {
    const sender = this.#sender;
    sender.unpipe(this.#passed);
    for (let chunk: unknown = sender.read(); chunk instanceof Buffer; chunk = sender.read()) {
      this.#passed.write(chunk);
    }
    this.#breakOff();
    sender.destroy();
    if (!this.#passed.closed) await once(this.#passed, 'close');
  }

  #breakOff(): void {
    const passed = this.#passed;
    if (passed instanceof WholeLines) passed.breakOff();
    else passed.end();
  }

  /** What is half sent is to be no line at the leader, as an end in order would make it. */
  destroy(): void {
    this.#sender.destroy();
    this.#passed.destroy();
    this.#leader?.resetAndDestroy();
  }

  /** The leader there was leads no more. */
  loseLeader(): void {
    if (this.#leader !== null) this.#leave(this.#leader);
  }

  #leave(socket: Socket): void {
    this.#passed.unpipe(socket);
    socket.resetAndDestroy();
  }

  /** What comes from now on is for the next leader. */
  #turnFrom(socket: Socket): void {
    this.#passed.unpipe(socket);
    socket.end();
  }

  /** @returns false where the connection has ended */
  #passTo(leader: LeaderEnd | null): boolean {
    if (leader === null || this.#passed.destroyed) {
      leader?.socket.destroy();
      this.destroy();
      return false;
    }
    const { id, socket } = leader;
    this.#leader = socket;
    this.#passed.pipe(socket);
    socket.once('end', () => this.#turnFrom(socket));
    socket.once('close', () => void this.#goOn(id));
    socket.resume();
    return true;
  }

  /**
   * A sender sees that its connection has ended only when it has sent something more, which is lost: one that sends lines keeps it,
   * and the next leader gets them. What is on its way when a leader ends is lost all the same.
   */
  async #goOn(before: string): Promise<void> {
    const passed = this.#passed;
    if (passed.readableEnded || passed.destroyed || !this.#options.hasLines) {
      this.destroy();
      return;
    }
    const leader = await this.#connect(before);
    const waitingBytes = passed.readableLength + passed.writableLength;
    if (!this.#passTo(leader) && waitingBytes > 0) this.#options.note(false);
  }

  /** @param before who ended the connection: it has reasons where it still leads */
  #connect(before: string | null): Promise<LeaderEnd | null> {
    const { directory, readTarget, hasLines, limitMs } = this.#options;
    return directory.reachLeader(limitMs, async (member) => {
      const target = member.id === before ? null : readTarget(member);
      const socket = target === null ? null : await connectTo(target);
      if (socket === null) return null;
      // One that is frozen, or cut off, keeps its connections, and what is sent into them is lost.
      socket.once(
        'close',
        directory.watchLeader(member.id, () => this.#leave(socket)),
      );
      // One that is stopped reads what was sent up to here.
      if (hasLines)
        socket.once(
          'close',
          directory.watchLeaving(member.id, () => this.#turnFrom(socket)),
        );
      return { id: member.id, socket };
    });
  }
}

/** @returns null when it cannot be connected in time */
async function connectTo(target: RelayTarget): Promise<Socket | null> {
  const socket = ignoreErrors(connect(target));
  socket.setTimeout(CONNECT_LIMIT_MS, () => socket.destroy());
  await new Promise<void>((resolve) => {
    for (const event of ['connect', 'close'] as const) socket.once(event, () => resolve());
  });
  socket.setTimeout(0);
  return socket.destroyed ? null : socket;
}

/** Its end is what matters, and comes by itself. */
function ignoreErrors(socket: Socket): Socket {
  return socket.on('error', () => undefined);
}
