/** Sessions in memory, by the clock of a test. */
import { describe, expect, it, vi } from 'vitest';
import { OpenSessions } from '../../../../src/core/access/login/open-sessions.ts';
import type { Role } from '../../../../src/core/access/login/roles.ts';
import {
  createSessionSecret,
  hashSessionSecret,
  isSessionSecret,
  TokenSeal,
} from '../../../../src/core/access/login/session-secret.ts';
import { createLog } from '../../../../src/log.ts';

const OPS: Role = { value: 'ops', scopes: ['ADMIN'], accountId: null };
const DEV: Role = { value: 'dev', scopes: ['READ'], accountId: 2 };

function openSessions() {
  const clock = { ms: 1_000 };
  const open = new OpenSessions({ now: () => clock.ms, log: createLog('silent') });
  const add = (subject: string, role = OPS, expiresMs = 10_000) => {
    const secret = createSessionSecret();
    const hash = hashSessionSecret(secret);
    const stored = { hash, subject, userName: subject, role: role.value, expiresMs, verifiedMs: clock.ms };
    open.add(stored, role, { seal: null, dueMs: 0 });
    const session = open.find(secret);
    if (session?.caller.user == null) throw new Error('it is there');
    return { secret, session, user: session.caller.user };
  };
  return { clock, open, add };
}

describe('a session', () => {
  it('is found by its whole secret, until it ends', () => {
    const { clock, open, add } = openSessions();
    const { secret, session } = add('alice');
    add('bob');
    expect(open.find(secret)).toBe(session);
    expect(session.caller).toMatchObject({ keyId: null, name: 'alice', scopes: ['ADMIN'], accountId: null });
    for (const other of ['', secret.slice(1), `${secret}A`, secret.toLowerCase(), createSessionSecret()])
      expect(open.find(other)).toBeNull();
    clock.ms = 9_999;
    expect(open.find(secret)).toBe(session);
    clock.ms = 10_000;
    expect(open.find(secret)).toBeNull();
    expect(open.isOpen(session)).toBe(false);
  });

  it('is known by its name only while it is open, and has its rights', () => {
    const { clock, open, add } = openSessions();
    const { session, user } = add('alice');
    expect(open.isStill(user)).toBe(true);
    const [id = ''] = user.session.split('.');
    for (const name of ['', '.', id, `${id}.`, `${id}.0000000000000000`, `${user.session}0`, 'other.rights'])
      expect(open.isStill({ subject: 'alice', session: name })).toBe(false);
    open.renew(session, OPS, 'Alice of now');
    expect(open.isStill(user)).toBe(true);
    expect(session.caller.name).toBe('Alice of now');
    expect(session.stored.verifiedMs).toBe(1_000);
    open.renew(session, DEV, 'Alice');
    expect(open.isStill(user)).toBe(false);
    expect(open.isStill(session.caller.user ?? user)).toBe(true);
    clock.ms = 10_000;
    expect(open.isStill(session.caller.user ?? user)).toBe(false);
  });

  it.each<[string, Role]>([
    ['other scopes', { ...DEV, scopes: ['READ', 'WRITE'] }],
    ['another account', { ...DEV, accountId: 3 }],
    ['no account', { ...DEV, accountId: null }],
  ])('with %s of the same role is named otherwise after a restart', (_what, role) => {
    const { session } = openSessions().add('alice', DEV);
    const after = new OpenSessions({ now: () => 1_000, log: createLog('silent') });
    after.add(session.stored, role, { seal: null, dueMs: 0 });
    expect(after.isStill(session.caller.user ?? { subject: '', session: '' })).toBe(false);
    const same = new OpenSessions({ now: () => 1_000, log: createLog('silent') });
    same.add(session.stored, DEV, { seal: null, dueMs: 0 });
    expect(same.isStill(session.caller.user ?? { subject: '', session: '' })).toBe(true);
  });

  it('ends what was opened with it, once, and what a fault in one keeps from ending is that alone', () => {
    const { clock, open, add } = openSessions();
    const [alice, bob, late] = [add('alice'), add('bob'), add('carol', OPS, 20_000)];
    const ended: string[] = [];
    const watch = ({ user }: { user: typeof alice.user }, name: string) =>
      open.watch(user, () => ended.push(name));
    open.watch(alice.user, () => {
      throw new Error('cannot end');
    });
    watch(alice, 'alice 1');
    watch(alice, 'alice 2')();
    watch(bob, 'bob');
    watch(late, 'carol');
    expect(open.sessionsInUse()).toEqual(new Set([alice, bob, late].map(({ user }) => user.session)));
    open.remove(alice.session);
    expect(ended).toEqual(['alice 1']);
    open.remove(alice.session);
    expect(ended).toEqual(['alice 1']);
    clock.ms = 10_000;
    open.removeExpired();
    expect(ended).toEqual(['alice 1', 'bob']);
    expect(open.all().map(({ stored }) => stored.subject)).toEqual(['carol']);
    expect(open.sessionsInUse()).toEqual(new Set([late.user.session]));
  });

  it('with another role ends what was begun with the rights of before; one with the same does not', () => {
    const { open, add } = openSessions();
    const { session, user } = add('alice');
    const lost = vi.fn();
    open.watch(user, lost);
    open.renew(session, OPS, 'alice');
    expect(lost).not.toHaveBeenCalled();
    open.renew(session, DEV, 'alice');
    expect(lost).toHaveBeenCalledOnce();
    expect(session.caller).toMatchObject({ scopes: ['READ'], accountId: 2 });
  });

  it('is listed in the order they began, whichever was used', () => {
    const { open, add } = openSessions();
    const added = ['a', 'b', 'c'].map((subject) => add(subject));
    open.find(added[2]?.secret ?? '');
    for (const { session } of added.slice(0, 1)) open.renew(session, DEV, 'a');
    expect(open.all().map(({ stored }) => stored.subject)).toEqual(['a', 'b', 'c']);
  });
});

describe('the secret of a session', () => {
  it('has 256 bits of its own, and is looked for only where it could be one', () => {
    const secrets = Array.from({ length: 100 }, createSessionSecret);
    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) {
      expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
      expect(isSessionSecret(secret)).toBe(true);
    }
    for (const text of [
      '',
      'x'.repeat(42),
      'x'.repeat(44),
      `${'x'.repeat(42)}=`,
      `${'x'.repeat(43)}\n`,
      'é'.repeat(43),
    ])
      expect(isSessionSecret(text)).toBe(false);
  });

  it('opens its tokens, and those of no other session; its hash opens none', () => {
    const tokens = { refreshToken: null, accessToken: 'a', idToken: 'ü' };
    const [secret, other] = [createSessionSecret(), createSessionSecret()];
    const sealed = new TokenSeal(secret).close(tokens);
    expect(new TokenSeal(secret).open(sealed)).toEqual(tokens);
    expect(() => new TokenSeal(other).open(sealed)).toThrow();
    expect(() => new TokenSeal(hashSessionSecret(secret).toString('base64url')).open(sealed)).toThrow();
    // Sealed twice, they look different.
    expect(new TokenSeal(secret).close(tokens).equals(sealed)).toBe(false);
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => new TokenSeal(secret).open(changed)).toThrow();
    }
  });
});
