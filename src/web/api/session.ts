/** Who is signed in, on a server that people sign in to. The browser keeps the session: no script sees it. */
import { fetchTimed } from './server-clock.ts';
import { createStore, type Store } from './store.ts';

export interface Login {
  /** What people call the provider. */
  readonly name: string;
  /** Where signing in begins. */
  readonly url: string;
}

interface User {
  readonly name: string;
}

export interface Session {
  /** Null while it is not known, and where nobody signs in. */
  readonly login: Store<Login | null>;
  readonly user: Store<User | null>;
  /** Asks the server. What is not answered leaves all as it was. */
  readonly readAgain: () => Promise<void>;
  /** Leads the browser away. */
  readonly signOut: () => Promise<void>;
}

export function createSession(): Session {
  const login = createStore<Login | null>(null);
  const user = createStore<User | null>(null);
  const readAgain = async () => {
    const body = await ask('GET', '/auth/session');
    if (body === null) return;
    login.set(isLogin(body.login) ? body.login : null);
    user.set(isUser(body.user) ? body.user : null);
  };
  void readAgain();
  return {
    login,
    user,
    readAgain,
    signOut: async () => {
      const body = await ask('POST', '/auth/logout');
      if (typeof body?.location === 'string') location.assign(body.location);
    },
  };
}

/** The address that signs in and comes back to where the page is now. */
export function writeLoginLink({ url }: Login): string {
  const { pathname, search, hash } = location;
  return `${url}?return=${encodeURIComponent(pathname + search + hash)}`;
}

async function ask(method: string, path: string): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    const response = await fetchTimed(path, { method });
    const body: unknown = await response.json();
    // An object: its members are looked at one by one.
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : null;
  } catch {
    // The server is away, which the page shows.
    return null;
  }
}

function isUser(value: unknown): value is User {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

function isLogin(value: unknown): value is Login {
  return isUser(value) && 'url' in value && typeof value.url === 'string';
}
