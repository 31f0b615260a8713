/** The sessions in memory: found by their secret, ended by time, and what ends with them. */
import { createHash } from 'node:crypto';
import type { Log } from '../../../log.ts';
import type { Caller, SignedIn } from '../caller.ts';
import type { Role } from './roles.ts';
import { hashSessionSecret, isSessionSecret, type Tokens, type TokenSeal } from './session-secret.ts';
import type { StoredSession } from './session-store.ts';

export interface Session {
  readonly id: string;
  stored: StoredSession;
  caller: Caller;
  /** Opens its tokens; null until its secret came since the start. */
  seal: TokenSeal | null;
  /** Tokens the database could not take yet. */
  unsaved: Tokens | null;
  usedMs: number;
  /** When the provider is to be asked again. */
  dueMs: number;
  /** While the provider is asked. */
  confirming: Promise<void> | null;
}

export class OpenSessions {
  readonly #now: () => number;
  readonly #log: Log;
  /** By the hash of the secret, in hex; the oldest first. */
  readonly #byHash = new Map<string, Session>();
  readonly #byId = new Map<string, Session>();
  readonly #watchers = new Set<{ readonly user: SignedIn; readonly onLost: () => void }>();

  constructor(options: { readonly now: () => number; readonly log: Log }) {
    this.#now = options.now;
    this.#log = options.log;
  }

  add(stored: StoredSession, role: Role, options: { seal: TokenSeal | null; dueMs: number }): void {
    // The same after a restart: so is what was signed for it.
    const id = stored.hash.toString('hex').slice(0, 16);
    const session: Session = {
      id,
      stored,
      caller: describeCaller(id, stored, role),
      unsaved: null,
      usedMs: 0,
      confirming: null,
      ...options,
    };
    this.#byHash.set(keyOf(session), session);
    this.#byId.set(id, session);
  }

  /** @returns null for no session, or one that ended */
  find(secret: string): Session | null {
    if (!isSessionSecret(secret)) return null;
    const session = this.#byHash.get(hashSessionSecret(secret).toString('hex'));
    return session !== undefined && this.isOpen(session) ? session : null;
  }

  isOpen({ id, stored }: Session): boolean {
    return stored.expiresMs > this.#now() && this.#byId.has(id);
  }

  isStill({ session }: SignedIn): boolean {
    const known = this.#byId.get(session.slice(0, session.indexOf('.')));
    return known?.caller.user?.session === session && this.isOpen(known);
  }

  /** The oldest first. */
  all(): readonly Session[] {
    return [...this.#byHash.values()];
  }

  /** Calls back once, when the session ended or its rights changed. @returns what ends the watch */
  watch(user: SignedIn, onLost: () => void): () => void {
    const watcher = { user, onLost };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Sessions with something open that would end with them. */
  sessionsInUse(): ReadonlySet<string> {
    return new Set([...this.#watchers].map(({ user }) => user.session));
  }

  /** What the provider says now. Another role ends what was begun with the rights of before. */
  renew(session: Session, role: Role, userName: string): void {
    const hasChanged = session.stored.role !== role.value;
    session.stored = { ...session.stored, userName, role: role.value, verifiedMs: this.#now() };
    session.caller = describeCaller(session.id, session.stored, role);
    if (hasChanged) this.#endLost();
  }

  remove(session: Session): void {
    this.#byHash.delete(keyOf(session));
    this.#byId.delete(session.id);
    this.#endLost();
  }

  removeExpired(): void {
    for (const session of this.#byHash.values()) if (!this.isOpen(session)) this.remove(session);
  }

  #endLost(): void {
    for (const watcher of [...this.#watchers]) {
      if (this.isStill(watcher.user)) continue;
      this.#watchers.delete(watcher);
      try {
        watcher.onLost();
      } catch (error) {
        // The others end all the same.
        this.#log.error({ err: error }, 'what a session had open could not be ended');
      }
    }
  }
}

function keyOf({ stored }: Session): string {
  return stored.hash.toString('hex');
}

/** The session is named with its rights: with others, also those of other settings, it is another one. */
function describeCaller(id: string, { subject, userName }: StoredSession, role: Role): Caller {
  const { value, scopes, accountId } = role;
  const rights = createHash('sha256').update(JSON.stringify([value, scopes, accountId]));
  const session = `${id}.${rights.digest('hex').slice(0, 16)}`;
  return { keyId: null, user: { subject, session }, name: userName, scopes, accountId };
}
