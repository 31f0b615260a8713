/** A real OpenID Connect provider on a port of its own, with people that a test can change, and faults it can ask for. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration } from 'oidc-provider';

export const CLIENT_ID = 'lapwing';
export const CLIENT_SECRET = 'a-secret-of-this-test-alone';

interface Person {
  name: string;
  /** Left out of the claims when undefined, as some providers do with empty lists. */
  groups: readonly string[] | undefined;
}

/** An ID token before it is signed. */
export interface IdTokenParts {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  key: KeyObject;
}

export interface TestProvider extends AsyncDisposable {
  readonly issuer: string;
  /** By subject. One that is taken out is a user that was disabled. */
  readonly people: Map<string, Person>;
  /** Who types the password at the next login; null refuses. */
  next: string | null;
  /** Changes what ID tokens say, and by whom they are signed. */
  forge: ((token: IdTokenParts) => void) | null;
  /** Connections are cut. */
  isDown: boolean;
  /** Whether each refresh token is valid once. */
  rotates: boolean;
  /** Whether refresh tokens are given. */
  givesRefreshTokens: boolean;
  /** How often tokens were asked for. */
  tokenRequests: number;
}

/** @param publicUrl of the server that people sign in to */
export async function startProvider(publicUrl: string): Promise<TestProvider> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const test: TestProvider = {
    issuer,
    people: new Map(),
    next: null,
    forge: null,
    isDown: false,
    rotates: true,
    givesRefreshTokens: true,
    tokenRequests: 0,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const provider = new Provider(issuer, configure(test, publicUrl, privateKey));
  provider.use(async (ctx, next) => {
    if (ctx.path === '/token') test.tokenRequests += 1;
    await next();
    const body = ctx.body as { id_token?: string } | undefined;
    if (ctx.path !== '/token' || test.forge === null || body?.id_token === undefined) return;
    ctx.body = { ...body, id_token: signAgain(body.id_token, privateKey, test.forge) };
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (test.isDown) {
      request.socket.destroy();
      return;
    }
    if (request.url?.startsWith('/interaction/') !== true) {
      void answer(request, response);
      return;
    }
    const result =
      test.next === null
        ? { error: 'access_denied', error_description: 'the user said no' }
        : { login: { accountId: test.next } };
    void provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  });
  return test;
}

function configure(test: TestProvider, publicUrl: string, privateKey: KeyObject): Configuration {
  return {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [`${publicUrl}/auth/callback`],
        post_logout_redirect_uris: [`${publicUrl}/`],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    jwks: {
      keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'of-the-test', use: 'sig', alg: 'RS256' }],
    },
    cookies: { keys: ['of-the-test'] },
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups'], email: ['email'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    rotateRefreshToken: () => test.rotates,
    issueRefreshToken: () => Promise.resolve(test.givesRefreshTokens),
    findAccount: (_ctx, sub) => {
      if (!test.people.has(sub)) return undefined;
      return {
        accountId: sub,
        claims: () => {
          const { name, groups } = test.people.get(sub) ?? { name: sub, groups: [] };
          return { sub, preferred_username: name, ...(groups === undefined ? {} : { groups: [...groups] }) };
        },
      };
    },
    // Nobody is asked to consent.
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId ?? '',
        accountId: oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
    ttl: { AccessToken: 600, IdToken: 600, Session: 600, Grant: 600, RefreshToken: 600, Interaction: 600 },
  };
}

function signAgain(idToken: string, key: KeyObject, forge: (token: IdTokenParts) => void): string {
  const [header, claims] = idToken
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
  const token = { header: header ?? {}, claims: claims ?? {}, key };
  forge(token);
  const text = [token.header, token.claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature =
    token.header.alg === 'none' ? '' : sign('sha256', Buffer.from(text), token.key).toString('base64url');
  return `${text}.${signature}`;
}
