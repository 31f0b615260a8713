/** Everybody who may ask: with an API key, or signed in. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Caller, CallerIdentity } from './caller.ts';
import type { KeyProblem, Keys } from './keys.ts';
import type { SessionCookie } from './login/session-cookie.ts';
import type { Sessions } from './login/sessions.ts';

/** Why nobody was recognised. */
export type CallerProblem = KeyProblem | 'no_session';

/** Signing in, where it is set up. */
export interface Login {
  readonly sessions: Sessions;
  readonly cookie: SessionCookie;
}

export class Callers {
  readonly #keys: Keys;
  readonly #login: Login | null;

  constructor(keys: Keys, login: Login | null) {
    this.#keys = keys;
    this.#login = login;
  }

  /**
   * A key counts before a session, also when it is wrong: who sends one means it.
   * @param given.key what the client gave as one; null for nothing
   * @returns a promise only where the provider has to be asked about a session first
   */
  identify(given: {
    readonly key: string | null;
    readonly headers: IncomingHttpHeaders;
    readonly address: string;
  }): Caller | CallerProblem | Promise<Caller | CallerProblem> {
    const { key, headers, address } = given;
    const secret = key === null ? (this.#login?.cookie.read(headers) ?? null) : null;
    if (this.#login === null || secret === null) return this.#keys.identify(key, address);
    const found = this.#login.sessions.find(secret);
    return found instanceof Promise
      ? found.then((caller) => caller ?? 'no_session')
      : (found ?? 'no_session');
  }

  /** Whether it still is who it was, with the rights it had. */
  isStill(caller: CallerIdentity): boolean {
    return caller.user === null
      ? this.#keys.isStill(caller)
      : (this.#login?.sessions.isStill(caller.user) ?? false);
  }

  /** Calls back once, within a second after the caller stopped being one. @returns what ends the watch */
  watch(caller: CallerIdentity, onLost: () => void): () => void {
    if (caller.user === null || this.#login === null) return this.#keys.watch(caller, onLost);
    return this.#login.sessions.watch(caller.user, onLost);
  }
}
