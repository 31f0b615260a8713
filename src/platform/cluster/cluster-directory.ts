/** Who is in the cluster, and who leads it: read from the rows of the members, again whenever one of them has changed. */
import type pg from 'pg';
import type { ChangeChannels } from '../postgres/change-channels.ts';
import { Signal } from '../runtime/signal.ts';

export interface ClusterMember {
  readonly id: string;
  readonly name: string;
  /** A URL without a slash at its end. */
  readonly address: string;
  /** Of its protocols beside HTTP, by their names. */
  readonly ports: Readonly<Record<string, number>>;
  readonly version: string;
  readonly isLeader: boolean;
  readonly isReady: boolean;
  readonly startedAt: Date;
}

/** What is known is read again after this long: nobody is notified of a lease that is over. */
const MAX_AGE_MS = 1_000;
/** Between two looks for a leader, while there is none. */
const LOOK_MS = 100;

/**
 * The leader first. One whose lease is over is none any more, and one that led in a term before has gone, or will as soon as it
 * notices.
 */
const LIST = `
  SELECT member.id, name, address, ports, version, member.term IS NOT NULL AND member.term = latest.term AS "isLeader",
    is_ready AND (member.term IS NULL OR member.term = latest.term) AS "isReady", started_at AS "startedAt"
  FROM cluster_member AS member CROSS JOIN server_term AS latest WHERE lease_until > clock_timestamp()
  ORDER BY "isLeader" DESC, started_at, id`;

export class ClusterDirectory {
  readonly #pool: pg.Pool;
  readonly #changed = new Signal();
  readonly #stopListening: () => void;
  #known: Promise<readonly ClusterMember[]> | null = null;
  #readMs = -Infinity;
  /** Those who look for a leader. */
  #looking = 0;
  readonly #found = new Signal();
  readonly #watchers = new Set<{
    readonly isOver: (leader: ClusterMember) => boolean;
    readonly onOver: () => void;
  }>();

  /** @param changes of the same database; they may listen to `changes` */
  constructor(pool: pg.Pool, changes: Pick<ChangeChannels, 'listen'>) {
    this.#pool = pool;
    this.#stopListening = changes.listen('changes', (table) => {
      if (table === null || table === 'cluster_member') this.#forget();
    });
  }

  /** Those that live, the leader first. At most a second old. @throws what the database throws */
  async list(): Promise<readonly ClusterMember[]> {
    if (performance.now() - this.#readMs > MAX_AGE_MS) this.#known = null;
    const known = (this.#known ??= this.#read());
    try {
      return await known;
    } catch (error) {
      if (this.#known === known) this.#known = null;
      throw error;
    }
  }

  /** Waits for a leader that is ready. @returns null when there is none within the time */
  findLeader(limitMs: number): Promise<ClusterMember | null> {
    return this.reachLeader(limitMs, (leader) => Promise.resolve(leader));
  }

  /**
   * The same, for one that can be reached.
   * @param reach gives null for a leader that it does not reach: the next one, or the same, is tried in a moment
   */
  async reachLeader<T>(
    limitMs: number,
    reach: (leader: ClusterMember) => Promise<T | null>,
  ): Promise<T | null> {
    this.#looking += 1;
    try {
      return await this.#lookFor(performance.now() + limitMs, reach);
    } finally {
      this.#looking -= 1;
      this.#found.wake();
    }
  }

  async #lookFor<T>(untilMs: number, reach: (leader: ClusterMember) => Promise<T | null>): Promise<T | null> {
    for (;;) {
      const [first] = await this.list().catch((): readonly ClusterMember[] => []);
      const reached = first?.isLeader === true && first.isReady ? await reach(first) : null;
      if (reached !== null) return reached;
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return null;
      await this.#changed.wait(Math.min(leftMs, LOOK_MS)).done;
      // However many look, the database is asked once in that time.
      if (performance.now() - this.#readMs >= LOOK_MS) this.#known = null;
    }
  }

  /** Calls back once, when another member leads than the one with this id. @returns what ends the watch */
  watchLeader(leaderId: string, onLost: () => void): () => void {
    return this.#watch(({ id }) => id !== leaderId, onLost);
  }

  /** The same, as soon as this one wants nothing more to be sent to it. */
  watchLeaving(leaderId: string, onLeaving: () => void): () => void {
    return this.#watch(({ id, isReady }) => id !== leaderId || !isReady, onLeaving);
  }

  #watch(isOver: (leader: ClusterMember) => boolean, onOver: () => void): () => void {
    const watcher = { isOver, onOver };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  #forget(): void {
    this.#known = null;
    this.#changed.wake();
    if (this.#watchers.size > 0) void this.#endWatches();
  }

  async #endWatches(): Promise<void> {
    const [first] = await this.list().catch((): readonly ClusterMember[] => []);
    if (first?.isLeader !== true) return;
    for (const watcher of this.#watchers) {
      if (watcher.isOver(first) && this.#watchers.delete(watcher)) watcher.onOver();
    }
  }

  /** Resolves once nobody looks for a leader any more. */
  async stop(): Promise<void> {
    this.#stopListening();
    while (this.#looking > 0) await this.#found.wait().done;
  }

  async #read(): Promise<readonly ClusterMember[]> {
    this.#readMs = performance.now();
    const { rows } = await this.#pool.query<ClusterMember>(LIST);
    return rows;
  }
}
