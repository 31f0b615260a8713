/** A connection of a sender that has no acknowledgement, passed on to a port of the leader. */
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
  readonly directory: Pick<ClusterDirectory, 'reachLeader' | 'watchLeader'>;
  /** Null where the leader does not take the protocol. */
  readonly readTarget: (leader: ClusterMember) => RelayTarget | null;
  /** What is sent is lines. */
  readonly hasLines: boolean;
  /** A sender waits so long for a leader, with what it has sent. */
  readonly limitMs: number;
}

export class RelayConnection {
  readonly #sender: Socket;
  #leader: Socket | null = null;

  constructor(sender: Socket) {
    this.#sender = ignoreErrors(sender);
  }

  /** @returns whether there was a leader in time; the connection has ended where there was none */
  async open({ directory, readTarget, hasLines, limitMs }: RelayOptions): Promise<boolean> {
    const sender = this.#sender;
    const leader = await directory.reachLeader(limitMs, async (member) => {
      const target = readTarget(member);
      const socket = target === null ? null : await connectTo(target);
      if (socket === null) return null;
      // One that is frozen, or cut off, keeps its connections, and what is sent into them is lost.
      socket.once(
        'close',
        directory.watchLeader(member.id, () => socket.destroy()),
      );
      return socket;
    });
    if (leader === null || sender.destroyed) {
      leader?.destroy();
      sender.destroy();
      return false;
    }
    this.#leader = leader;
    const passed = hasLines ? new WholeLines() : new PassThrough();
    sender.once('close', () => {
      if (sender.readableEnded) return;
      if (passed instanceof WholeLines) passed.breakOff();
      else passed.end();
    });
    // The sender sees that it has to connect again.
    leader.once('close', () => sender.destroy());
    sender.pipe(passed).pipe(leader);
    leader.resume();
    return true;
  }

  /** What is half sent is to be no line at the leader, as an end in order would make it. */
  destroy(): void {
    this.#sender.destroy();
    this.#leader?.resetAndDestroy();
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
