/** Signing in and out, from the first click to the session and to its end. */
import { randomBytes } from 'node:crypto';
import { createSeal, type Seal } from '../../../platform/outbound/sealed-secret.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { IdentityProvider, LoginChecks } from './identity-provider.ts';
import { LoginError } from './login-error.ts';
import type { Sessions } from './sessions.ts';

/** A login that is under way. The browser keeps it, sealed: logins that are never finished cost the server nothing. */
interface Attempt {
  readonly checks: LoginChecks;
  readonly returnPath: string;
  readonly untilMs: number;
}

/** For typing a password and a second factor. */
export const LOGIN_LIMIT_SECONDS = 600;
const SEAL_OWNER = 'login';
/** It travels in a cookie, with what is not ASCII encoded. */
const MAX_PATH = 1_000;
const FORM = /^[\w-]{1,3000}$/;
/** Tabs of one browser may each be signing in. What a browser keeps of one cookie is 4,096 bytes. */
const SEPARATOR = '.';
const MAX_ATTEMPTS = 5;
const MAX_KEPT_LENGTH = 3_500;

export class LoginFlow {
  readonly #provider: IdentityProvider;
  readonly #sessions: Sessions;
  readonly #publicUrl: string;
  readonly #stats: Stats;
  /** Made anew at each start: a user who was signing in begins again. */
  readonly #seal: Seal = createSeal(randomBytes(32));

  constructor(options: {
    readonly provider: IdentityProvider;
    readonly sessions: Sessions;
    readonly publicUrl: string;
    readonly stats: Stats;
  }) {
    this.#provider = options.provider;
    this.#sessions = options.sessions;
    this.#publicUrl = options.publicUrl;
    this.#stats = options.stats;
  }

  /**
   * @param returnTo where on this server the user wants to go afterwards
   * @param kept what the browser was to bring back from logins it began before; null for nothing
   * @returns where the browser is to go, and what it is to bring back
   * @throws LoginError
   */
  begin(
    returnTo: string | null,
    kept: string | null = null,
  ): Promise<{ readonly url: URL; readonly attempt: string }> {
    return this.#count(async () => {
      const { url, checks } = await this.#provider.begin();
      const untilMs = Date.now() + LOGIN_LIMIT_SECONDS * 1000;
      const attempt: Attempt = { checks, returnPath: readReturnPath(returnTo, this.#publicUrl), untilMs };
      const sealed = this.#seal.close(JSON.stringify(attempt), SEAL_OWNER).toString('base64url');
      return { url, attempt: join([...this.#openAll(kept).map((other) => other.sealed), sealed]) };
    });
  }

  /**
   * @param query what the provider sent the browser back with
   * @param given.attempt what the browser brought back, of one login or of several; null for nothing
   * @param given.secret of a session it had before, which the new one takes the place of
   * @throws LoginError
   */
  complete(
    query: URLSearchParams,
    given: { readonly attempt: string | null; readonly secret: string | null },
  ): Promise<{ readonly secret: string; readonly returnPath: string }> {
    return this.#count(async () => {
      const state = query.get('state');
      const attempt = this.#openAll(given.attempt).find(({ checks }) => checks.state === state);
      if (attempt === undefined) {
        throw new LoginError(
          'bad_state',
          'this login was not begun in this browser, or too long ago: begin again',
        );
      }
      const confirmed = await this.#provider.complete(query, attempt.checks);
      const secret = await this.#sessions.create(confirmed);
      if (given.secret !== null) await this.#sessions.end(given.secret);
      this.#stats.count('logins');
      return { secret, returnPath: attempt.returnPath };
    });
  }

  /** @returns where the browser is to go to sign out at the provider, too; null for nowhere */
  async signOut(secret: string): Promise<string | null> {
    const idToken = await this.#sessions.end(secret);
    return idToken === null ? null : this.#provider.findEndSession(idToken, `${this.#publicUrl}/`);
  }

  /** @returns what the browser is to keep once a login came back: those of its other tabs; empty for nothing */
  forget(query: URLSearchParams, kept: string | null): string {
    const others = this.#openAll(kept).filter(({ checks }) => checks.state !== query.get('state'));
    return join(others.map(({ sealed }) => sealed));
  }

  /** Those that are not too old, the oldest first. */
  #openAll(kept: string | null): readonly (Attempt & { readonly sealed: string })[] {
    const parts = (kept ?? '').split(SEPARATOR).slice(-MAX_ATTEMPTS);
    return parts.flatMap((sealed) => {
      const attempt = this.#open(sealed);
      return attempt === null ? [] : [{ ...attempt, sealed }];
    });
  }

  #open(sealed: string): Attempt | null {
    if (!FORM.test(sealed)) return null;
    try {
      const text = this.#seal.open(Buffer.from(sealed, 'base64url'), SEAL_OWNER);
      // Sealed by begin, or it does not open.
      const attempt = JSON.parse(text) as Attempt;
      return attempt.untilMs > Date.now() ? attempt : null;
    } catch {
      // Forged, or of before a restart.
      return null;
    }
  }

  async #count<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof LoginError) this.#stats.countReason('logins_refused', error.reason);
      throw error;
    }
  }
}

/** The newest, as many as a cookie has room for. */
function join(attempts: readonly string[]): string {
  const some = attempts.slice(-MAX_ATTEMPTS);
  while (some.length > 1 && some.join(SEPARATOR).length > MAX_KEPT_LENGTH) some.shift();
  return some.join(SEPARATOR);
}

/**
 * A path on this server, whatever a link to the login says: the login must not send people elsewhere. Browsers take
 * `//` and `/\` for the beginning of another host, and leave out control characters before they look.
 */
function readReturnPath(given: string | null, publicUrl: string): string {
  if (given?.startsWith('/') !== true || !URL.canParse(given, publicUrl)) return '/';
  const { origin, pathname, search, hash } = new URL(given, publicUrl);
  const path = `${pathname}${search}${hash}`;
  const isElsewhere = origin !== new URL(publicUrl).origin || path.startsWith('//');
  // Signing in again at once would lead in circles.
  return isElsewhere || pathname.startsWith('/auth/') || path.length > MAX_PATH ? '/' : path;
}
