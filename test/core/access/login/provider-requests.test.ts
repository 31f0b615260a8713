/** What the provider is asked, and how: by the words of its specifications. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Answer,
  DISCOVERY,
  json,
  REDIRECT_URL,
  type ScriptedProvider,
  startScriptedProvider,
} from '../../../helpers/scripted-provider.ts';
import { SELF_SIGNED } from '../../../helpers/self-signed.ts';

let provider: ScriptedProvider;
beforeEach(async () => {
  provider = await startScriptedProvider();
});
afterEach(() => provider[Symbol.asyncDispose]());

describe('a login', () => {
  it('begins with secrets of its own, of which the browser carries a hash of one (RFC 7636, 4.2)', async () => {
    const opened = await provider.open();
    const { url, checks } = await opened.begin();
    expect(url.origin + url.pathname).toBe(`${provider.issuer}/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      tenant: '1',
      client_id: 'lapwing',
      redirect_uri: REDIRECT_URL,
      response_type: 'code',
      scope: 'openid profile',
      state: checks.state,
      nonce: checks.nonce,
      code_challenge: createHash('sha256').update(checks.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    const other = await opened.begin();
    const secrets = [checks, other.checks].flatMap((one) => Object.values(one) as string[]);
    expect(new Set(secrets).size).toBe(6);
    for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43,}$/);
  });

  it('asks where the provider is once, and again when it was away', async () => {
    const opened = await provider.open();
    provider.answers[DISCOVERY] = null;
    await expect(opened.begin()).rejects.toMatchObject({ reason: 'unreachable' });
    provider.answers[DISCOVERY] = json(200, provider.metadata);
    await Promise.all([opened.begin(), opened.begin(), opened.begin()]);
    expect(provider.requests.filter(({ path }) => path === DISCOVERY)).toHaveLength(2);
  });

  it('is not begun at a provider that says it is another one', async () => {
    provider.metadata.issuer = 'https://evil.example';
    await expect((await provider.open()).begin()).rejects.toMatchObject({ reason: 'bad_answer' });
  });
});

describe('discovery', () => {
  const PATH = '/application/o/lapwing';
  it.each([
    ['without the slash it ends with', PATH, `${PATH}/`],
    ['with one it does not end with', `${PATH}/`, PATH],
    ['by the address of its discovery document', `${PATH}${DISCOVERY}`, `${PATH}/`],
  ])('finds a provider that is named %s', async (_what, named, own) => {
    provider.metadata.issuer = `${provider.issuer}${own}`;
    provider.answers[`${PATH}${DISCOVERY}`] = json(200, provider.metadata);
    const opened = await provider.open(undefined, `${provider.issuer}${named}`);
    expect((await opened.begin()).url.pathname).toBe('/authorize');
  });

  it.each<[string, Answer | null | (() => Answer), RegExp]>([
    [
      'is not there',
      { status: 404, headers: { 'content-type': 'text/html' }, body: '<p>' },
      /\(404, text\/html at \/\.well-known/,
    ],
    [
      'is elsewhere',
      { status: 301, headers: { location: 'https://sso.example/x' } },
      /\(301, to https:\/\/sso\.example\/x at/,
    ],
    [
      'is a page',
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' },
      /\(200, text\/html at/,
    ],
    [
      'is of another',
      () => json(200, { ...provider.metadata, issuer: 'https://b.example/x' }),
      /it calls itself https:\/\/b\.example\/x, and LAPWING_OIDC_ISSUER is http:\/\/127/,
    ],
    ['is cut', null, /cannot be reached \((?:UND_ERR_SOCKET|ECONNRESET)\): try again later/],
  ])('says what was answered where the document %s', async (_what, answer, message) => {
    provider.answers[DISCOVERY] = answer;
    await expect((await provider.open()).begin()).rejects.toThrow(message);
  });

  it('says that a certificate is not trusted, and what names its authority', async () => {
    const server = createServer(SELF_SIGNED);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const opened = await provider.open(undefined, `https://127.0.0.1:${port}`);
    await expect(opened.begin()).rejects.toThrow(
      /\(DEPTH_ZERO_SELF_SIGNED_CERT\): its certificate is not trusted here; NODE_EXTRA_CA_CERTS/,
    );
    server.close();
  });
});

const TOKENS = { refreshToken: 'refresh 1', accessToken: 'access 1', idToken: 'x.e30.x' };

describe('a client', () => {
  // RFC 6749, 2.3.1: both are form-urlencoded before they are joined.
  const client = { clientId: 'lap:wing', clientSecret: 's: %+ü' };
  const asForm = (value: string) => new URLSearchParams({ value }).toString().slice('value='.length);

  async function askToken(methods: readonly string[] | undefined) {
    if (methods !== undefined) provider.metadata.token_endpoint_auth_methods_supported = methods;
    provider.answers['/token'] = json(400, { error: 'invalid_grant' });
    const opened = await provider.open(client);
    await opened.confirm('alice', TOKENS, () => Promise.resolve());
    const [asked] = provider.requests.filter(({ path }) => path === '/token');
    return { authorization: asked?.headers.authorization, form: asked?.form };
  }

  // OpenID Connect Discovery, 3: "If omitted, the default is client_secret_basic".
  it.each([[undefined], [['client_secret_basic']], [['client_secret_post', 'client_secret_basic']]])(
    'says its secret in a header where the provider takes %j',
    async (methods) => {
      const { authorization = '', form } = await askToken(methods);
      const [id = '', secret = ''] = Buffer.from(authorization.slice('Basic '.length), 'base64')
        .toString()
        .split(':');
      expect([id, secret].map((text) => new URLSearchParams(`value=${text}`).get('value'))).toEqual(
        Object.values(client),
      );
      expect([id, secret]).toEqual(Object.values(client).map(asForm));
      expect(form?.has('client_secret')).toBe(false);
    },
  );

  it('says it in the body where the provider takes it only there', async () => {
    const { authorization, form } = await askToken(['client_secret_post', 'private_key_jwt']);
    expect(authorization).toBeUndefined();
    expect([form?.get('client_id'), form?.get('client_secret')]).toEqual(Object.values(client));
  });
});

describe('a provider that answers with a challenge (RFC 6749, 5.2; RFC 6750, 3)', () => {
  const signIn = async () => {
    const opened = await provider.open();
    const { checks } = await opened.begin();
    return opened.complete(new URLSearchParams({ code: 'c', state: checks.state }), checks);
  };

  it('does not know the secret of the client: it is said where, and with which words', async () => {
    const challenge = { 'www-authenticate': 'Basic realm="id", error="invalid_client"' };
    provider.answers['/token'] = json(401, { error: 'invalid_client' }, challenge);
    await expect(signIn()).rejects.toThrow(/\(401, Basic realm="id", error="invalid_client" at \/token\)/);
  });
});

describe('signing out', () => {
  it('leads to the provider with the ID token, and back (RP-Initiated Logout, 2)', async () => {
    provider.metadata.end_session_endpoint = `${provider.issuer}/logout`;
    const url = await (await provider.open()).findEndSession('the.id.token', 'https://lapwing.example/');
    expect(Object.fromEntries(new URL(url ?? '').searchParams)).toMatchObject({
      id_token_hint: 'the.id.token',
      post_logout_redirect_uri: 'https://lapwing.example/',
    });
    expect(new URL(url ?? '').pathname).toBe('/logout');
  });

  it('leads nowhere where the provider has no place for it, or is away', async () => {
    expect(await (await provider.open()).findEndSession('t', 'https://lapwing.example/')).toBeNull();
    provider.answers[DISCOVERY] = null;
    expect(await (await provider.open()).findEndSession('t', 'https://lapwing.example/')).toBeNull();
  });
});
