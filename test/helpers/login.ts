/** Signing in, as a browser does: over real sockets, with a jar of cookies. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { CLIENT_ID, CLIENT_SECRET, startProvider, type TestProvider } from './oidc-provider.ts';

/** Who asks, as `ask` and the transports take it. */
export interface Asker {
  readonly url: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LoginSetup extends AsyncDisposable {
  readonly provider: TestProvider;
  /** Where people reach the server. */
  readonly url: string;
  /** For the server to be started with. */
  readonly settings: Readonly<Record<string, string>>;
  /** Leads `url` to the server. */
  readonly leadTo: (serverUrl: string) => void;
  /** Signs somebody in, in a browser of their own. */
  readonly signIn: (
    subject: string,
    groups: readonly string[],
  ) => Promise<Visitor & { readonly asker: Asker }>;
}

/** @param roles LAPWING_OIDC_ROLES @param more settings */
export async function prepareLogin(
  roles: string,
  more: Readonly<Record<string, string>> = {},
): Promise<LoginSetup> {
  let target = 0;
  const sockets = new Set<Socket>();
  // The address is a setting of a server that does not listen yet.
  const front = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  const provider = await startProvider(url);
  return {
    provider,
    url,
    settings: {
      LAPWING_PUBLIC_URL: url,
      LAPWING_OIDC_ISSUER: provider.issuer,
      LAPWING_OIDC_NAME: 'Test ID',
      LAPWING_OIDC_CLIENT_ID: CLIENT_ID,
      LAPWING_OIDC_CLIENT_SECRET: CLIENT_SECRET,
      LAPWING_OIDC_ROLES: roles,
      ...more,
    },
    leadTo: (serverUrl) => void (target = Number(new URL(serverUrl).port)),
    signIn: async (subject, groups) => {
      provider.people.set(subject, { name: subject, groups });
      provider.next = subject;
      const visitor = new Visitor();
      const { status, text } = await visitor.open(`${url}/auth/login`);
      const cookie = visitor.cookies(url);
      if (!cookie.includes('lapwing-session=')) throw new Error(`not signed in: ${status} ${text}`);
      return Object.assign(visitor, { asker: { url, headers: { cookie, origin: url } } });
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => front.close(resolve));
      await provider[Symbol.asyncDispose]();
    },
  };
}

export interface Opened {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A browser without a screen: keeps cookies by host and port, and follows redirects. */
export class Visitor {
  readonly #jar = new Map<string, Map<string, string>>();

  /** One request, without following where it leads. */
  async request(url: string, init: RequestInit = {}): Promise<Opened> {
    const { origin } = new URL(url);
    const headers = new Headers(init.headers);
    const cookie = this.cookies(url);
    if (cookie !== '' && !headers.has('cookie')) headers.set('cookie', cookie);
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.#keep(origin, line);
    return { url, status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Opens an address, wherever it leads to. */
  async open(url: string): Promise<Opened> {
    let opened = await this.request(url);
    for (let steps = 0; steps < 10; steps += 1) {
      const location = opened.headers.get('location');
      if (location === null) break;
      opened = await this.request(new URL(location, opened.url).href);
    }
    return opened;
  }

  /** Follows redirects until one leads to a path of a server. @returns that address, which is not opened */
  async openUntil(url: string, start: string): Promise<string> {
    let next = url;
    while (!next.startsWith(start)) {
      const { headers, url: here, status, text } = await this.request(next);
      const location = headers.get('location');
      if (location === null) throw new Error(`${here} leads nowhere: ${status} ${text}`);
      next = new URL(location, here).href;
    }
    return next;
  }

  /** The header for an address. */
  cookies(url: string): string {
    const known = this.#jar.get(new URL(url).origin) ?? new Map<string, string>();
    return [...known].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  set(url: string, name: string, value: string): void {
    this.#keep(new URL(url).origin, `${name}=${value}`);
  }

  #keep(origin: string, line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const known = this.#jar.get(origin) ?? new Map<string, string>();
    this.#jar.set(origin, known);
    if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) known.delete(name);
    else known.set(name, value);
  }
}
