/** An OpenID Connect provider that answers what a test tells it to, over real sockets. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { IdentityProvider } from '../../src/core/access/login/identity-provider.ts';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export function json(status: number, body: object, headers: Answer['headers'] = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

export const DISCOVERY = '/.well-known/openid-configuration';
export const REDIRECT_URL = 'https://lapwing.example/auth/callback';

export interface ScriptedProvider extends AsyncDisposable {
  readonly issuer: string;
  /** What discovery says. */
  readonly metadata: Record<string, unknown>;
  /** By path; null cuts the connection. */
  readonly answers: Record<string, Answer | null | ((form: URLSearchParams) => Answer)>;
  readonly requests: { path: string; headers: IncomingHttpHeaders; form: URLSearchParams }[];
  /** What the server makes of it. */
  readonly open: (
    client?: { clientId: string; clientSecret: string },
    issuer?: string,
  ) => Promise<IdentityProvider>;
}

export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const answers: ScriptedProvider['answers'] = {};
  const requests: ScriptedProvider['requests'] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const path = request.url ?? '';
      const form = new URLSearchParams(await text(request));
      requests.push({ path, headers: request.headers, form });
      const given = answers[path] ?? null;
      const answer = typeof given === 'function' ? given(form) : given;
      if (answer === null) request.socket.destroy();
      else response.writeHead(answer.status, answer.headers).end(answer.body);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const metadata: Record<string, unknown> = {
    issuer,
    authorization_endpoint: `${issuer}/authorize?tenant=1`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/jwks`,
  };
  return {
    ...{ issuer, metadata, answers, requests },
    open: (client = { clientId: 'lapwing', clientSecret: 'secret' }, named = issuer) => {
      if (!(DISCOVERY in answers)) answers[DISCOVERY] = json(200, metadata);
      const own = { scopes: 'openid profile', roleClaim: 'groups', redirectUrl: REDIRECT_URL };
      return IdentityProvider.open({ issuer: named, ...client, ...own });
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
