/**
 * This process as a member of its cluster: one row, with a lease that it renews while it lives. Members find the leader and
 * each other by these rows; that only one leads is the matter of the server lock and its term.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Log } from '../../log.ts';
import { configureConnection } from '../postgres/connection.ts';

/** What a member says of itself. */
export interface MemberFacts {
  /** Host and process, for people. */
  readonly name: string;
  /** Where the other members reach it: a URL without a slash at its end. */
  readonly address: string;
  readonly version: string;
  readonly startedAt: Date;
}

/** What changes while it lives. */
export interface MemberState {
  /** The term it leads in; null for a replica. */
  readonly term: string | null;
  readonly isReady: boolean;
  /** Of its protocols beside HTTP, by their names. */
  readonly ports: Readonly<Record<string, number>>;
}

/** A member that has not renewed its lease for as long is taken for gone. */
const MEMBER_LEASE_SECONDS = 5;
const BEAT_MS = 1_000;
/** Rows of members that died are kept for so long, for people who look. */
const KEPT_SECONDS = 60;

export class Membership {
  readonly #pool: pg.Pool;
  readonly #id = randomUUID();
  readonly #facts: MemberFacts;
  readonly #log: Log;
  #state: MemberState;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isFailing = false;
  #hasLeft = false;
  #left: Promise<void> | null = null;

  private constructor(
    options: MemberFacts & { readonly connection: string; readonly log: Log },
    state: MemberState,
  ) {
    const { connection, log, ...facts } = options;
    this.#pool = new pg.Pool({ ...configureConnection(connection, 'lapwing member'), max: 1 });
    this.#pool.on('error', (error) => log.debug({ err: error }, 'the connection of the membership was lost'));
    this.#facts = facts;
    this.#log = log;
    this.#state = state;
  }

  /** The others know of it when this resolves, unless the database is away: then once it is back. */
  static async join(
    options: MemberFacts & { readonly connection: string; readonly log: Log },
    state: MemberState,
  ): Promise<Membership> {
    const membership = new Membership(options, state);
    await membership.#beat();
    return membership;
  }

  /** The others know of it when this resolves, as with `join`. */
  async setState(state: MemberState): Promise<void> {
    this.#state = state;
    await this.#write();
  }

  /** The others know at once that it is gone, where the database answers. */
  leave(): Promise<void> {
    return (this.#left ??= this.#leave());
  }

  async #leave(): Promise<void> {
    this.#hasLeft = true;
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#pool
      .query('DELETE FROM cluster_member WHERE id = $1', [this.#id])
      .catch((error: unknown) => this.#log.debug({ err: error }, 'the member could not say that it leaves'));
    await this.#pool.end();
  }

  async #beat(): Promise<void> {
    await this.#write();
    if (!this.#hasLeft) this.#timer = setTimeout(() => void this.#beat(), BEAT_MS).unref();
  }

  /** One after the other: the newest state is the last one written. Never fails. */
  #write(): Promise<void> {
    return (this.#writing = this.#writing.then(() => this.#upsert()));
  }

  async #upsert(): Promise<void> {
    if (this.#hasLeft) return;
    const { name, address, version, startedAt } = this.#facts;
    const { term, isReady, ports } = this.#state;
    try {
      await this.#pool.query(UPSERT, [
        this.#id,
        name,
        address,
        ports,
        version,
        term,
        isReady,
        startedAt,
        MEMBER_LEASE_SECONDS,
        KEPT_SECONDS,
      ]);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#log.warn({ err: error }, 'the lease of this member could not be renewed');
      this.#isFailing = true;
    }
  }
}

/** Only what has changed is set, so that the others are notified of nothing else. */
const UPSERT = `
  WITH gone AS (
    DELETE FROM cluster_member WHERE lease_until < clock_timestamp() - make_interval(secs => $10)
  ), renewed AS (
    UPDATE cluster_member SET lease_until = clock_timestamp() + make_interval(secs => $9)
    WHERE id = $1 AND ports = $4 AND term IS NOT DISTINCT FROM $6 AND is_ready = $7 RETURNING id
  )
  INSERT INTO cluster_member (id, name, address, ports, version, term, is_ready, started_at, lease_until)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + make_interval(secs => $9)
  WHERE NOT EXISTS (SELECT FROM renewed)
  ON CONFLICT (id) DO UPDATE SET ports = EXCLUDED.ports, term = EXCLUDED.term, is_ready = EXCLUDED.is_ready,
    lease_until = EXCLUDED.lease_until`;
