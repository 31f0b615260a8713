import { describe, expect, it, vi } from 'vitest';
import {
  accountToWrite,
  type Caller,
  countedAs,
  createPanelCaller,
  describeLoss,
  mayDo,
  OPEN_CALLER,
} from '../../../src/core/access/caller.ts';
import { Callers } from '../../../src/core/access/callers.ts';
import type { Keys } from '../../../src/core/access/keys.ts';
import { SessionCookie } from '../../../src/core/access/login/session-cookie.ts';
import type { Sessions } from '../../../src/core/access/login/sessions.ts';
import { SCOPES } from '../../../src/model.ts';

const ORIGIN = 'http://lapwing.example';
const KEY: Caller = { keyId: 'k', user: null, name: 'key', scopes: ['WRITE'], accountId: 3 };
const USER: Caller = {
  keyId: null,
  user: { subject: 'alice', session: 's.1' },
  name: 'Alice',
  scopes: ['READ'],
  accountId: null,
};

/** Keys and sessions that know one each, and note what they were asked for. */
function openCallers(found: Caller | null | Promise<Caller | null> = USER) {
  const keys = {
    identify: vi.fn((key: string | null) =>
      key === 'right' ? KEY : key === null ? 'missing_key' : 'wrong_key',
    ),
    isStill: vi.fn(() => true),
    watch: vi.fn(() => () => undefined),
  };
  const sessions = {
    find: vi.fn((secret: string) => (secret === 'mine' ? found : null)),
    isStill: vi.fn(() => false),
    watch: vi.fn(() => () => undefined),
  };
  const cookie = new SessionCookie(ORIGIN);
  // What Callers asks of them, and no more.
  const login = { cookie, sessions: sessions as unknown as Sessions };
  const withLogin = new Callers(keys as unknown as Keys, login);
  return { keys, sessions, withLogin, without: new Callers(keys as unknown as Keys, null) };
}

const headersOf = (secret: string, origin = ORIGIN) => ({ origin, cookie: `lapwing-session=${secret}` });

describe('who asks', () => {
  it.each([
    ['a key', 'right', {}, KEY],
    ['a key beside a session', 'right', headersOf('mine'), KEY],
    ['a wrong key, which no session makes up for', 'wrong', headersOf('mine'), 'wrong_key'],
    ['a session', null, headersOf('mine'), USER],
    ['a session that ended', null, headersOf('other'), 'no_session'],
    [
      'a session that the page of another site sends',
      null,
      headersOf('mine', 'http://evil.example'),
      'missing_key',
    ],
    ['nobody', null, { origin: ORIGIN }, 'missing_key'],
  ])('is %s', (_what, key, headers, caller) => {
    const { withLogin, keys } = openCallers();
    expect(withLogin.identify({ key, headers, address: '192.0.2.1' })).toEqual(caller);
    for (const call of keys.identify.mock.calls) expect(call).toEqual([key, '192.0.2.1']);
  });

  it('is known after the provider was asked, where it has to be', async () => {
    const headers = headersOf('mine');
    const given = { key: null, headers, address: 'a' };
    expect(await openCallers(Promise.resolve(USER)).withLogin.identify(given)).toBe(USER);
    expect(await openCallers(Promise.resolve(null)).withLogin.identify(given)).toBe('no_session');
  });

  it('is nobody by a cookie where nobody signs in', () => {
    const { without, sessions } = openCallers();
    expect(without.identify({ key: null, headers: headersOf('mine'), address: 'a' })).toBe('missing_key');
    expect(sessions.find).not.toHaveBeenCalled();
  });

  it('is asked of keys or of sessions, by what it is', () => {
    const { withLogin, without, keys, sessions } = openCallers();
    expect([withLogin.isStill(KEY), withLogin.isStill(USER), without.isStill(USER)]).toEqual([
      true,
      false,
      false,
    ]);
    const onLost = () => undefined;
    withLogin.watch(KEY, onLost);
    withLogin.watch(USER, onLost);
    expect(keys.watch.mock.calls).toEqual([[KEY, onLost]]);
    expect(sessions.watch.mock.calls).toEqual([[USER.user, onLost]]);
  });
});

describe('a caller', () => {
  it('may do what its scopes include, and no more', () => {
    const listAllowed = (scopes: Caller['scopes']) =>
      SCOPES.filter((scope) => mayDo({ ...KEY, scopes }, scope));
    expect(listAllowed([])).toEqual([]);
    expect(listAllowed(['INGEST', 'READ'])).toEqual(['INGEST', 'READ']);
    expect(listAllowed(['WRITE'])).toEqual(['INGEST', 'READ', 'WRITE']);
    expect(listAllowed(['READ', 'ADMIN'])).toEqual([...SCOPES]);
  });

  it('with a panel link reads one account and does nothing else', () => {
    const panel = createPanelCaller(9);
    expect(SCOPES.filter((scope) => mayDo(panel, scope))).toEqual(['READ']);
    expect(panel.accountId).toBe(9);
  });

  it('writes to its account, and to the default one where it has none', () => {
    expect([accountToWrite(KEY), accountToWrite(USER)]).toEqual([3, 1]);
  });

  it('counts as its key, or as its user in all sessions; nobody counts as nobody', () => {
    const other = { ...USER, user: { subject: 'alice', session: 's.2' } };
    expect(countedAs(USER)).toBe(countedAs(other));
    // A subject is text of the provider: it must not be the id of a key.
    const named = { keyId: null, user: { subject: 'k', session: 's' } };
    expect(countedAs(named)).not.toBe(countedAs(KEY));
    expect(countedAs(OPEN_CALLER)).toBeNull();
    expect(describeLoss(KEY)).toContain('API key');
    expect(describeLoss(USER)).toContain('session');
  });
});
