/**
 * The users the provider confirmed, each with the last role: in memory, and in the database for the next start. What a
 * user made may outlive the session it was made in, for as long as the user is known here.
 */
import type pg from 'pg';
import type { Log } from '../../../log.ts';
import { findRole, type Role } from './roles.ts';

/** A provider never says that somebody left; who did is not confirmed any more. */
const KNOWN_FOR_DAYS = 30;
const KNOWN_FOR_MS = KNOWN_FOR_DAYS * 86_400_000;
/** A user who stays what they were is not written more often. */
const SAVE_INTERVAL_MS = 3_600_000;

interface KnownUser {
  readonly role: Role;
  readonly confirmedMs: number;
  /** When it was last written; 0 for never. */
  readonly savedMs: number;
}

export class Users {
  readonly issuer: string;
  readonly #pool: pg.Pool;
  readonly #roles: readonly Role[];
  readonly #log: Log;
  readonly #known = new Map<string, KnownUser>();
  /** Those the database has otherwise. */
  readonly #unsaved = new Set<string>();
  #saving = Promise.resolve();

  constructor(options: {
    readonly pool: pg.Pool;
    readonly issuer: string;
    readonly roles: readonly Role[];
    readonly log: Log;
  }) {
    this.issuer = options.issuer;
    this.#pool = options.pool;
    this.#roles = options.roles;
    this.#log = options.log;
  }

  async start(): Promise<void> {
    const { rows } = await this.#pool.query<{ subject: string; role: string; confirmed_at: Date }>(
      'SELECT subject, role, confirmed_at FROM login_user WHERE issuer = $1',
      [this.issuer],
    );
    for (const { subject, role: value, confirmed_at: confirmedAt } of rows) {
      const role = findRole(this.#roles, [value]);
      const confirmedMs = confirmedAt.getTime();
      if (role !== null) this.#known.set(subject, { role, confirmedMs, savedMs: confirmedMs });
    }
  }

  /** The role of a user who was confirmed not long ago; null of others. */
  roleOf(subject: string): Role | null {
    const user = this.#known.get(subject);
    return user !== undefined && user.confirmedMs + KNOWN_FOR_MS > Date.now() ? user.role : null;
  }

  /** What the provider says of a user. @param role null for none any more */
  async confirm(subject: string, role: Role | null): Promise<void> {
    const before = this.#known.get(subject);
    const confirmedMs = Date.now();
    const isNews =
      before?.role.value !== role?.value || confirmedMs - (before?.savedMs ?? 0) > SAVE_INTERVAL_MS;
    if (role === null) this.#known.delete(subject);
    else this.#known.set(subject, { role, confirmedMs, savedMs: before?.savedMs ?? 0 });
    // Also of one who is not known here: a start may have failed between the two.
    if (isNews || role === null) this.#unsaved.add(subject);
    await this.save();
  }

  /** Writes what is not written yet. Never fails: it is tried again. */
  save(): Promise<void> {
    return (this.#saving = this.#saving.then(() => this.#saveAll()));
  }

  /** Drops those who were not confirmed for long. */
  async purge(): Promise<void> {
    await this.#pool.query(
      `DELETE FROM login_user WHERE confirmed_at < now() - interval '${KNOWN_FOR_DAYS} days'`,
    );
    for (const [subject] of this.#known) if (this.roleOf(subject) === null) this.#known.delete(subject);
  }

  /** One after the other: of two at once the older one could be written last. */
  async #saveAll(): Promise<void> {
    for (const subject of [...this.#unsaved]) {
      try {
        await this.#write(subject);
      } catch (error) {
        this.#log.debug({ err: error }, 'what the provider said of a user could not be written yet');
        return;
      }
    }
  }

  async #write(subject: string): Promise<void> {
    const user = this.#known.get(subject);
    if (user === undefined) {
      await this.#pool.query('DELETE FROM login_user WHERE issuer = $1 AND subject = $2', [
        this.issuer,
        subject,
      ]);
    } else {
      await this.#pool.query(
        `INSERT INTO login_user (issuer, subject, role, confirmed_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (issuer, subject) DO UPDATE SET role = excluded.role, confirmed_at = excluded.confirmed_at`,
        [this.issuer, subject, user.role.value, new Date(user.confirmedMs)],
      );
    }
    // What came meanwhile is written next.
    if (this.#known.get(subject) !== user) return;
    this.#unsaved.delete(subject);
    if (user !== undefined) this.#known.set(subject, { ...user, savedMs: Date.now() });
  }
}
