/**
 * What an answer of a provider means for a user who is signed in, whatever it says. Logins with a whole provider are in
 * test/api/http/auth.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeRoleless } from '../../../../src/core/access/login/roles.ts';
import type { Tokens } from '../../../../src/core/access/login/session-secret.ts';
import {
  type Answer,
  json,
  type ScriptedProvider,
  startScriptedProvider,
} from '../../../helpers/scripted-provider.ts';

const RENEWED = {
  access_token: 'access 2',
  refresh_token: 'refresh 2',
  token_type: 'Bearer',
  expires_in: 60,
};
const ALICE = { sub: 'alice', preferred_username: 'Alice', groups: ['ops'] };

let provider: ScriptedProvider;
beforeEach(async () => {
  provider = await startScriptedProvider();
  Object.assign(provider.answers, { '/token': json(200, RENEWED), '/userinfo': json(200, ALICE) });
});
afterEach(() => provider[Symbol.asyncDispose]());

/** What was given at the login. @param claims of its ID token, which was checked then */
function tokensOf(claims: object, refreshToken: string | null = 'refresh 1'): Tokens {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return { refreshToken, accessToken: 'access 1', idToken: `${part({ alg: 'RS256' })}.${part(claims)}.x` };
}

const FIRST = tokensOf({ sub: 'alice', name: 'Alice of before', groups: ['before'] });
const keepNothing = () => Promise.reject(new Error('nothing was to be kept'));

/** What becomes of a session by the answers of the provider. */
async function confirm(tokens = FIRST): Promise<'confirmed' | 'refused' | 'goes on'> {
  const opened = await provider.open();
  return opened
    .confirm('alice', tokens, () => Promise.resolve())
    .then(
      (confirmed) => (confirmed === null ? 'refused' : 'confirmed'),
      () => 'goes on',
    );
}

describe('a refresh token', () => {
  // RFC 6749, 5.2; OpenID Connect Core, 3.1.2.6.
  it.each<[string, Answer | null, string]>([
    ['is revoked, or its user disabled', json(400, { error: 'invalid_grant' }), 'refused'],
    ['is denied by a policy', json(403, { error: 'access_denied' }), 'refused'],
    ['needs a second factor first', json(400, { error: 'interaction_required', suberror: 'x' }), 'refused'],
    ['needs a login first', json(400, { error: 'login_required' }), 'refused'],
    ['lost its consent', json(400, { error: 'consent_required' }), 'refused'],
    [
      'is refused beside a challenge',
      json(401, { error: 'invalid_grant' }, { 'www-authenticate': 'Basic realm="x"' }),
      'refused',
    ],
    ['is of a client whose secret was replaced', json(400, { error: 'invalid_client' }), 'goes on'],
    [
      'is of such a client, as RFC 6749 has it',
      json(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic realm="x"' }),
      'goes on',
    ],
    ['comes in a request that is malformed', json(400, { error: 'invalid_request' }), 'goes on'],
    ['comes too often', json(429, { error: 'slow_down' }), 'goes on'],
    ['comes at a bad time', json(503, { error: 'temporarily_unavailable' }), 'goes on'],
    ['comes to a proxy', { status: 502, headers: { 'content-type': 'text/html' }, body: '<p>' }, 'goes on'],
    ['comes to a login page', { status: 200, headers: { 'content-type': 'text/html' } }, 'goes on'],
    [
      'meets a challenge without a word',
      { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
      'goes on',
    ],
    ['comes to nobody', null, 'goes on'],
  ])('that %s', async (_what, answer, outcome) => {
    provider.answers['/token'] = answer;
    expect(await confirm()).toBe(outcome);
  });

  it('is used once, and the one that came for it from then on', async () => {
    const opened = await provider.open();
    const confirmed = await opened.confirm('alice', FIRST, keepNothing);
    expect(confirmed?.tokens).toEqual({ ...FIRST, accessToken: 'access 2', refreshToken: 'refresh 2' });
    const [asked] = provider.requests.filter(({ path }) => path === '/token');
    expect(Object.fromEntries(asked?.form ?? [])).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'refresh 1',
    });
  });

  it('stays the one to use where no other came for it', async () => {
    provider.answers['/token'] = json(200, { ...RENEWED, refresh_token: undefined });
    const opened = await provider.open();
    const confirmed = await opened.confirm('alice', FIRST, keepNothing);
    expect(confirmed?.tokens.refreshToken).toBe('refresh 1');
  });

  it.each<[string, Answer | null]>([
    ['cannot be reached', null],
    ['fails', json(500, {})],
    ['answers with what is not JSON', { status: 200, body: 'hello' }],
    ['speaks of somebody else', json(200, { ...ALICE, sub: 'mallory' })],
  ])(
    'that was renewed is kept when the userinfo endpoint %s: the old one may be worth nothing',
    async (_what, answer) => {
      provider.answers['/userinfo'] = answer;
      const keep = vi.fn(() => Promise.resolve());
      const opened = await provider.open();
      await expect(opened.confirm('alice', FIRST, keep)).rejects.toThrow();
      expect(keep.mock.calls).toEqual([[{ ...FIRST, accessToken: 'access 2', refreshToken: 'refresh 2' }]]);
    },
  );
});

describe('an access token without a refresh token', () => {
  // RFC 6750, 3.1, and what providers answer in its place.
  it.each<[string, Answer | null, string]>([
    ['is valid', json(200, ALICE), 'confirmed'],
    ['expired', { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }, 'refused'],
    [
      'lost its scope',
      { status: 403, headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' } },
      'refused',
    ],
    // https://github.com/ory/hydra/issues/1827
    ['is refused without a challenge', json(401, { error: 'request_unauthorized' }), 'refused'],
    ['is refused without a body', { status: 401 }, 'refused'],
    ['comes to a firewall', { status: 403, headers: { 'content-type': 'text/html' } }, 'goes on'],
    ['comes too often', json(429, {}), 'goes on'],
    ['comes at a bad time', { status: 503, headers: { 'www-authenticate': 'Bearer' } }, 'goes on'],
    ['comes to nobody', null, 'goes on'],
  ])('that %s', async (_what, answer, outcome) => {
    provider.answers['/userinfo'] = answer;
    expect(await confirm(tokensOf(ALICE, null))).toBe(outcome);
    expect(provider.requests.some(({ path }) => path === '/token')).toBe(false);
    const [asked] = provider.requests.filter(({ path }) => path === '/userinfo');
    expect(asked?.headers.authorization).toBe('Bearer access 1');
  });
});

describe('the roles of a user', () => {
  it.each([
    ['are what the userinfo endpoint says', json(200, ALICE), ['ops'], 'Alice'],
    [
      'are those of the login where it says nothing of them',
      json(200, { sub: 'alice' }),
      ['before'],
      'Alice of before',
    ],
    ['are none where it says that there are none', json(200, { ...ALICE, groups: [] }), [], 'Alice'],
  ])('%s', async (_what, answer, values, userName) => {
    provider.answers['/userinfo'] = answer;
    const confirmed = await (await provider.open()).confirm('alice', FIRST, keepNothing);
    expect(confirmed).toMatchObject({ subject: 'alice', values, userName, lifeSeconds: null });
  });

  it('are left out where there are too many of them, and that is said (OpenID Connect Core, 5.6.2)', async () => {
    const body = { sub: 'alice', _claim_names: { groups: 'src1' } };
    provider.answers['/userinfo'] = json(200, body);
    const none = { ...FIRST, idToken: 'x.e30.x' };
    const confirmed = await (await provider.open()).confirm('alice', none, keepNothing);
    expect(confirmed).toMatchObject({ values: [], isTooLong: true });
    expect(describeRoleless({ userName: 'Alice', ...confirmed, values: [] }, 'groups')).toMatch(
      /the claim groups came with no value, as the provider leaves it out where a user is in too many groups/,
    );
  });

  it('are those of the login where there is no userinfo endpoint', async () => {
    delete provider.metadata.userinfo_endpoint;
    const confirmed = await (await provider.open()).confirm('alice', FIRST, keepNothing);
    expect(confirmed).toMatchObject({ values: ['before'], userName: 'Alice of before' });
  });
});
