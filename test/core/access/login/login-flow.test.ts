/** The steps of signing in, by the clock of a test: what a browser brings back is what it was given, in time and unchanged. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { IdentityProvider } from '../../../../src/core/access/login/identity-provider.ts';
import { LoginError } from '../../../../src/core/access/login/login-error.ts';
import { LOGIN_LIMIT_SECONDS, LoginFlow } from '../../../../src/core/access/login/login-flow.ts';
import type { Sessions } from '../../../../src/core/access/login/sessions.ts';
import { createStats, type Stats } from '../../../../src/platform/telemetry/metrics.ts';
import { fc } from '../../../helpers/property.ts';

const URL_HERE = 'https://lapwing.example';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

function openFlow(publicUrl = URL_HERE) {
  let begun = 0;
  const provider = {
    begin: vi.fn(() => {
      begun += 1;
      const checks = { state: `state ${begun}`, nonce: `nonce ${begun}`, codeVerifier: `verifier ${begun}` };
      return Promise.resolve({ url: new URL(`https://id.example/?state=${begun}`), checks });
    }),
    complete: vi.fn(() => Promise.resolve({ subject: 'alice' })),
    findEndSession: vi.fn(() => Promise.resolve('https://id.example/logout')),
  };
  const sessions = {
    create: vi.fn(() => Promise.resolve('new secret')),
    end: vi.fn((secret: string) => Promise.resolve(secret === 'known' ? 'id token' : null)),
  };
  const stats = createStats();
  // What a login asks of them, and no more.
  const parts = {
    provider: provider as unknown as IdentityProvider,
    sessions: sessions as unknown as Sessions,
  };
  return { provider, sessions, stats, flow: new LoginFlow({ ...parts, publicUrl, stats }) };
}

const readReason = (stats: Stats, wanted: string) =>
  stats.snapshot().find(({ name, reason }) => name === 'logins_refused' && reason === wanted)?.value;
const queryOf = (state: string) => new URLSearchParams({ state, code: 'c' });

async function returnTo(given: string | null, publicUrl = URL_HERE): Promise<string> {
  const { flow } = openFlow(publicUrl);
  const { attempt } = await flow.begin(given);
  const { returnPath } = await flow.complete(queryOf('state 1'), { attempt, secret: null });
  return returnPath;
}

describe('a login', () => {
  it('ends where it was begun, with the checks it was begun with, and takes the place of the session of before', async () => {
    const { flow, provider, sessions, stats } = openFlow();
    const first = await flow.begin('/metric/1?hours=2#chart');
    await flow.begin('/');
    const done = await flow.complete(queryOf('state 1'), { attempt: first.attempt, secret: 'old secret' });
    expect(done).toEqual({ secret: 'new secret', returnPath: '/metric/1?hours=2#chart' });
    const checks = { state: 'state 1', nonce: 'nonce 1', codeVerifier: 'verifier 1' };
    expect(provider.complete.mock.calls).toEqual([[queryOf('state 1'), checks]]);
    // Only once there is a new one.
    const [[made], [ended]] = [
      sessions.create.mock.invocationCallOrder,
      sessions.end.mock.invocationCallOrder,
    ];
    expect(made).toBeLessThan(ended ?? 0);
    expect(sessions.end.mock.calls).toEqual([['old secret']]);
    expect(stats.read('logins')).toBe(1);
  });

  it('goes on in each tab of a browser, in whichever order they come back', async () => {
    const { flow, provider } = openFlow();
    const paths = ['/1', '/2', '/3'];
    let kept = '';
    for (const path of paths) kept = (await flow.begin(path, kept)).attempt;
    const returned: string[] = [];
    for (const state of ['state 2', 'state 3', 'state 1']) {
      const query = queryOf(state);
      const done = await flow.complete(query, { attempt: kept, secret: null });
      returned.push(done.returnPath);
      kept = flow.forget(query, kept);
      // What came back is worth nothing a second time.
      await expect(flow.complete(query, { attempt: kept, secret: null })).rejects.toMatchObject({
        reason: 'bad_state',
      });
    }
    expect(returned).toEqual(['/2', '/3', '/1']);
    expect(kept).toBe('');
    expect(provider.complete).toHaveBeenCalledTimes(3);
  });

  it('is kept as long as a cookie has room: the oldest are given up', async () => {
    const { flow } = openFlow();
    for (const length of [1, 900]) {
      const path = `/${'p'.repeat(length)}`;
      let kept = '';
      for (let i = 0; i < 50; i += 1) kept = (await flow.begin(path, kept)).attempt;
      expect(kept.length).toBeLessThan(3_600);
      expect(kept.split('.').length).toBeGreaterThan(1);
    }
    const { attempt } = await flow.begin('/last', 'nonsense.'.repeat(400));
    expect((await flow.complete(queryOf('state 101'), { attempt, secret: null })).returnPath).toBe('/last');
  });

  it('says nothing of its checks to the browser that carries them', async () => {
    const { attempt } = await openFlow().flow.begin('/');
    expect(attempt).toMatch(/^[\w-]+$/);
    const bytes = Buffer.from(attempt, 'base64url').toString('latin1');
    for (const secret of ['state', 'nonce', 'verifier']) expect(bytes).not.toContain(secret);
  });

  it('is refused when it comes back too late, to the millisecond', async () => {
    const { flow } = openFlow();
    const began = Date.now();
    const { attempt } = await flow.begin('/');
    vi.setSystemTime(began + LOGIN_LIMIT_SECONDS * 1000 - 1);
    await expect(flow.complete(queryOf('state 1'), { attempt, secret: null })).resolves.toBeDefined();
    vi.setSystemTime(began + LOGIN_LIMIT_SECONDS * 1000);
    await expect(flow.complete(queryOf('state 1'), { attempt, secret: null })).rejects.toMatchObject({
      reason: 'bad_state',
    });
  });

  it('is refused, and asks the provider nothing, with what this browser was not given', async () => {
    const { flow, provider, stats } = openFlow();
    const { attempt } = await flow.begin('/');
    const { attempt: foreign } = await openFlow().flow.begin('/');
    const { attempt: second } = await flow.begin('/');
    const flipped = (attempt.startsWith('A') ? 'B' : 'A') + attempt.slice(1);
    const cases: readonly (readonly [URLSearchParams, string | null])[] = [
      [queryOf('state 1'), null],
      [queryOf('state 1'), ''],
      [queryOf('state 1'), foreign],
      [queryOf('state 1'), second],
      [queryOf('state 1'), flipped],
      [queryOf('state 1'), `${attempt}A`],
      [queryOf('state 1'), attempt.slice(0, -4)],
      [queryOf('state 1'), 'x'.repeat(4000)],
      [queryOf('state 2'), attempt],
      [queryOf(''), attempt],
      [new URLSearchParams(), attempt],
      [new URLSearchParams(), null],
    ];
    for (const [query, given] of cases) {
      const refused = flow.complete(query, { attempt: given, secret: null });
      await expect(refused).rejects.toMatchObject({ name: 'LoginError', reason: 'bad_state' });
    }
    expect(provider.complete).not.toHaveBeenCalled();
    expect(readReason(stats, 'bad_state')).toBe(cases.length);
  });

  it('that fails leaves the session of before as it is', async () => {
    const { flow, provider, sessions, stats } = openFlow();
    const { attempt } = await flow.begin('/');
    const given = { attempt, secret: 'old secret' };
    provider.complete.mockRejectedValueOnce(new LoginError('denied', 'no'));
    await expect(flow.complete(queryOf('state 1'), given)).rejects.toThrow('no');
    sessions.create.mockRejectedValueOnce(new LoginError('no_role', 'none'));
    await expect(flow.complete(queryOf('state 1'), given)).rejects.toThrow('none');
    expect(sessions.end).not.toHaveBeenCalled();
    expect([readReason(stats, 'denied'), stats.read('logins')]).toEqual([1, 0]);
  });
});

describe('signing out', () => {
  it('goes on to the provider with the ID token, and nowhere without a session', async () => {
    const { flow, provider } = openFlow();
    expect(await flow.signOut('known')).toBe('https://id.example/logout');
    expect(provider.findEndSession.mock.calls).toEqual([['id token', `${URL_HERE}/`]]);
    expect(await flow.signOut('unknown')).toBeNull();
  });
});

describe('where a login leads to afterwards', () => {
  it.each([
    ['/', '/'],
    ['/metric/1', '/metric/1'],
    ['/metric/1?a=b&c=%2F%2Fd#e', '/metric/1?a=b&c=%2F%2Fd#e'],
    ['/a/../b', '/b'],
    ['/ü', '/%C3%BC'],
    [null, '/'],
    ['', '/'],
    ['metric/1', '/'],
    // Where browsers see another host: https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html
    ['//evil.example', '/'],
    ['///evil.example', '/'],
    ['/\\evil.example', '/'],
    ['\\\\evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['/\n/evil.example', '/'],
    ['/.//evil.example', '/'],
    ['/a/..//evil.example', '/'],
    ['/%2e//evil.example', '/'],
    ['https://evil.example/', '/'],
    ['https:/evil.example', '/'],
    ['javascript:alert(1)', '/'],
    [' //evil.example', '/'],
    ['/auth/login', '/'],
    ['/auth/logout?x', '/'],
    ['/a/../auth/login', '/'],
    [`/${'a'.repeat(1000)}`, '/'],
    [`/${'ü'.repeat(500)}`, '/'],
  ])('is for %j %j', async (given, path) => {
    expect(await returnTo(given)).toBe(path);
  });

  it('is always a path of this server, as a browser reads it', async () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '//',
      '@',
      ':',
      '%2f',
      '%5c',
      '\t',
      '\r',
      'evil.example',
      '?',
      '#',
      'a',
      ' ',
    );
    const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          text,
          text.map((rest) => `/${rest}`),
        ),
        async (given) => {
          const path = await returnTo(given);
          expect(path).toMatch(/^\/(?![/\\])/);
          expect(new URL(path, 'https://lapwing.example/auth/callback').origin).toBe(URL_HERE);
          // As a Location behind another host, too.
          expect(new URL(path, 'http://other.example:81').host).toBe('other.example:81');
        },
      ),
      { numRuns: 400 },
    );
  });
});
