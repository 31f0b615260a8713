/**
 * Who is signed in. Sessions are in memory, where requests find them, and in the database, from where they come back
 * after a restart. What a user may do is confirmed by the provider again and again while a session is used; one that was
 * not used is confirmed before it is let in.
 */
import type pg from 'pg';
import type { Log } from '../../../log.ts';
import { createLimit, type Limit } from '../../../platform/runtime/concurrency-limit.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { Caller, SignedIn } from '../caller.ts';
import type { Confirmation, IdentityProvider } from './identity-provider.ts';
import { LoginError } from './login-error.ts';
import { OpenSessions, type Session } from './open-sessions.ts';
import { describeRoleless, findRole, type Role } from './roles.ts';
import { createSessionSecret, hashSessionSecret, type Tokens, TokenSeal } from './session-secret.ts';
import {
  deleteExpiredSessions,
  deleteSession,
  insertSession,
  readSessions,
  readTokens,
  updateSession,
} from './session-store.ts';
import type { Users } from './user-store.ts';

export interface SessionsOptions {
  readonly pool: pg.Pool;
  readonly provider: Pick<IdentityProvider, 'issuer' | 'confirm'>;
  /** Is given what the provider says of each user. */
  readonly users: Users;
  /** In the order in which they count. */
  readonly roles: readonly Role[];
  readonly roleClaim: string;
  readonly refreshSeconds: number;
  readonly sessionHours: number;
  readonly stats: Stats;
  readonly log: Log;
}

const TICK_MS = 500;
const PURGE_EVERY_MS = 3_600_000;
/** At once, of the provider. */
const MAX_QUESTIONS = 8;
/** Of one user: the oldest one ends. */
const MAX_SESSIONS_OF_USER = 20;
const MAX_SESSIONS = 10_000;

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #open: OpenSessions;
  readonly #questions: Limit = createLimit(MAX_QUESTIONS);
  #timer: NodeJS.Timeout | undefined;
  #purgedMs = 0;
  #stopped = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#open = new OpenSessions({ now: Date.now, log: options.log });
  }

  /** Reads the sessions of before. One whose role the settings no longer have is left out: its user signs in again. */
  async start(): Promise<void> {
    const { pool, provider, roles, users } = this.#options;
    await users.start();
    for (const stored of await readSessions(pool, provider.issuer)) {
      const role = findRole(roles, [stored.role]);
      if (role === null) continue;
      this.#open.add(stored, role, { seal: null, dueMs: this.#dueAfter(stored.verifiedMs) });
    }
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#open.all().map(({ confirming }) => confirming ?? Promise.resolve()));
  }

  /**
   * Begins a session of a user who just signed in.
   * @returns its secret, for the browser alone
   * @throws LoginError for a user without a role
   */
  async create(confirmed: Confirmation): Promise<string> {
    const { subject, userName, tokens, lifeSeconds } = confirmed;
    const { pool, provider, users, roles, roleClaim, sessionHours, log } = this.#options;
    const role = findRole(roles, confirmed.values);
    await users.confirm(subject, role);
    if (role === null) throw new LoginError('no_role', describeRoleless(confirmed, roleClaim));
    await this.#makeRoom(subject);
    const [secret, verifiedMs] = [createSessionSecret(), Date.now()];
    const stored = {
      hash: hashSessionSecret(secret),
      subject,
      userName,
      role: role.value,
      expiresMs: verifiedMs + Math.min(sessionHours * 3600, lifeSeconds ?? Infinity) * 1000,
      verifiedMs,
    };
    const seal = new TokenSeal(secret);
    await insertSession(pool, stored, { issuer: provider.issuer, tokens: seal.close(tokens) });
    this.#open.add(stored, role, { seal, dueMs: this.#dueAfter(verifiedMs) });
    log.info({ user: userName, subject, role: role.value }, 'a user signed in');
    return secret;
  }

  /**
   * @param secret what the browser sent
   * @returns null for no session, or one that ended. A promise only where the provider has to be asked first.
   */
  find(secret: string): Caller | null | Promise<Caller | null> {
    const session = this.#take(secret);
    if (session === null) return null;
    session.usedMs = Date.now();
    if (session.dueMs > session.usedMs) return session.caller;
    return this.#confirm(session).then(() => (this.#open.isOpen(session) ? session.caller : null));
  }

  isStill(user: SignedIn): boolean {
    return this.#open.isStill(user);
  }

  /** Calls back once, when the session ended or its rights changed. @returns what ends the watch */
  watch(user: SignedIn, onLost: () => void): () => void {
    return this.#open.watch(user, onLost);
  }

  /**
   * Signs out. It has ended for good when this resolves; when the database fails it goes on.
   * @returns its ID token, which names it to the provider; null when there was no such session
   */
  async end(secret: string): Promise<string | null> {
    const session = this.#take(secret);
    if (session === null) return null;
    const tokens = await this.#readTokens(session);
    await deleteSession(this.#options.pool, session.stored.hash);
    this.#close(session, 'signed out');
    return tokens?.idToken ?? null;
  }

  #take(secret: string): Session | null {
    const session = this.#open.find(secret);
    if (session !== null) session.seal ??= new TokenSeal(secret);
    return session;
  }

  #dueAfter(confirmedMs: number): number {
    return confirmedMs + this.#options.refreshSeconds * 1000;
  }

  async #makeRoom(subject: string): Promise<void> {
    const all = this.#open.all();
    const ofUser = all.filter(({ stored }) => stored.subject === subject);
    for (const old of ofUser.slice(0, Math.max(0, ofUser.length - MAX_SESSIONS_OF_USER + 1))) {
      await this.#drop(old, 'the user has too many sessions');
    }
    if (all.length < MAX_SESSIONS) return;
    throw new LoginError('too_many', `${MAX_SESSIONS} sessions are open: try again later`);
  }

  /** Asks the provider, once at a time; never fails. A session that it neither confirms nor refuses goes on. */
  #confirm(session: Session): Promise<void> {
    session.confirming ??= this.#questions
      .run(() => this.#ask(session))
      .catch((error: unknown) => {
        this.#options.stats.count('session_checks_failed');
        this.#options.log.warn(
          { err: error, user: session.stored.userName },
          'the OpenID Connect provider could not be asked about a session, which goes on as it is',
        );
      })
      .finally(() => {
        session.confirming = null;
        session.dueMs = this.#dueAfter(Date.now());
      });
    return session.confirming;
  }

  async #ask(session: Session): Promise<void> {
    const tokens = await this.#readTokens(session);
    if (tokens === null) return this.#drop(session, 'its tokens are gone');
    const keep = (renewed: Tokens) => this.#save(session, renewed);
    const confirmed = await this.#options.provider.confirm(session.stored.subject, tokens, keep);
    if (!this.#open.isOpen(session)) return;
    if (confirmed === null) return this.#drop(session, 'the provider refused it');
    const role = findRole(this.#options.roles, confirmed.values);
    await this.#options.users.confirm(session.stored.subject, role);
    if (role === null) return this.#drop(session, 'the user has no role any more');
    this.#open.renew(session, role, confirmed.userName);
    await this.#save(session, confirmed.tokens);
  }

  /** A refresh token may be valid once: what the database does not take now is kept until it does. */
  async #save(session: Session, tokens: Tokens): Promise<void> {
    if (session.seal === null) return;
    session.unsaved = tokens;
    try {
      await updateSession(this.#options.pool, session.stored, session.seal.close(tokens));
      session.unsaved = null;
    } catch (error) {
      this.#options.log.warn({ err: error }, 'what a session was confirmed with is kept in memory alone');
    }
  }

  async #readTokens({ stored, seal, unsaved }: Session): Promise<Tokens | null> {
    if (unsaved !== null) return unsaved;
    const sealed = await readTokens(this.#options.pool, stored.hash);
    return sealed === null || seal === null ? null : seal.open(sealed);
  }

  /** Ends it here, whatever the database does: one that stays there is confirmed before it is let in again. */
  async #drop(session: Session, reason: string): Promise<void> {
    this.#close(session, reason);
    await deleteSession(this.#options.pool, session.stored.hash).catch((error: unknown) =>
      this.#options.log.warn({ err: error }, 'a session that ended could not be deleted'),
    );
  }

  #close(session: Session, reason: string): void {
    const { userName: user, subject } = session.stored;
    this.#options.log.info({ user, subject, reason }, 'a session ended');
    this.#open.remove(session);
  }

  #schedule(): void {
    this.#timer = setTimeout(() => void this.#tick(), TICK_MS).unref();
  }

  async #tick(): Promise<void> {
    this.#open.removeExpired();
    const [nowMs, inUse] = [Date.now(), this.#open.sessionsInUse()];
    for (const session of this.#open.all()) {
      const { usedMs, stored, caller, seal, dueMs } = session;
      const isUsed = usedMs > stored.verifiedMs || inUse.has(caller.user?.session ?? '');
      if (isUsed && seal !== null && dueMs <= nowMs) void this.#confirm(session);
    }
    await this.#purge(nowMs);
    if (!this.#stopped) this.#schedule();
  }

  async #purge(nowMs: number): Promise<void> {
    await this.#options.users.save();
    if (nowMs - this.#purgedMs < PURGE_EVERY_MS) return;
    this.#purgedMs = nowMs;
    const { pool, users } = this.#options;
    await Promise.all([deleteExpiredSessions(pool), users.purge()]).catch((error: unknown) =>
      this.#options.log.debug({ err: error }, 'sessions that ended could not be deleted; tried again later'),
    );
  }
}
