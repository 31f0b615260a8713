/**
 * The cookies of signing in. A browser sends them with whatever page asks, so that they count only where it says that a
 * page of this server did, or its user.
 */
import type { IncomingHttpHeaders } from 'node:http';

/** What holds a session, or a login that is under way. */
export type CookieName = 'session' | 'login';

const MAX_COOKIE_HEADER = 16_384;

export class SessionCookie {
  readonly #origin: string;
  readonly #isSecure: boolean;

  /** @param publicUrl address by which people reach the page */
  constructor(publicUrl: string) {
    const { origin, protocol } = new URL(publicUrl);
    this.#origin = origin;
    this.#isSecure = protocol === 'https:';
  }

  /** The secret of a session, from a request of this server's own page. */
  read(headers: IncomingHttpHeaders): string | null {
    return this.isOwnPage(headers) ? this.readAny('session', headers) : null;
  }

  /**
   * Whether a page of this server asks, or the user by the address bar. A browser that says neither which page nor which
   * site asks is not believed. (Other sites of the same domain are sent the cookie, too: SameSite is not enough.)
   */
  isOwnPage(headers: IncomingHttpHeaders): boolean {
    const { origin, 'sec-fetch-site': site } = headers;
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
    return origin === undefined ? site !== undefined : origin === this.#origin;
  }

  /** Whichever page asks: for what a browser comes back to from the provider. */
  readAny(name: CookieName, { cookie = '' }: IncomingHttpHeaders): string | null {
    if (cookie.length > MAX_COOKIE_HEADER) return null;
    const start = `${this.#nameOf(name)}=`;
    for (const part of cookie.split(';')) {
      const text = part.trim();
      if (text.startsWith(start)) return text.slice(start.length);
    }
    return null;
  }

  /** The header that sets it. @param maxAgeSeconds 0 takes it away */
  write(name: CookieName, value: string, maxAgeSeconds: number): string {
    const secure = this.#isSecure ? '; Secure' : '';
    return `${this.#nameOf(name)}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`;
  }

  /** Browsers take the prefix only from this host itself, by TLS: no other host of the domain can plant one. */
  #nameOf(name: CookieName): string {
    return `${this.#isSecure ? '__Host-' : ''}lapwing-${name}`;
  }
}
