import { describe, expect, it } from 'vitest';
import {
  describeRoleless,
  findRole,
  isElsewhere,
  readClaim,
  readUserName,
} from '../../../../src/core/access/login/roles.ts';

describe('the role claim', () => {
  it.each([
    [{ groups: ['a', 'b'] }, 'groups', ['a', 'b']],
    [{ groups: 'a' }, 'groups', ['a']],
    [{ groups: [] }, 'groups', []],
    [{ groups: ['a', 7, null, { b: 1 }, 'c'] }, 'groups', ['a', 'c']],
    [{ realm_access: { roles: ['a'] } }, 'realm_access.roles', ['a']],
    [{ 'https://example.com/roles': ['a'] }, 'https://example.com/roles', ['a']],
    [{ 'a.b': ['whole'], a: { b: ['inner'] } }, 'a.b', ['whole']],
    [{}, 'groups', null],
    [{ groups: null }, 'groups', null],
    [{ groups: 7 }, 'groups', null],
    [{ groups: { a: true } }, 'groups', null],
    [{ realm_access: { roles: ['a'] } }, 'realm_access', null],
    // https://zitadel.com/docs/apis/openidoauth/claims#reserved-claims
    [
      {
        'urn:zitadel:iam:org:project:roles': {
          ops: { '178204173316174381': 'zitadel.localhost' },
          dev: { '178204173316174381': 'zitadel.localhost' },
        },
      },
      'urn:zitadel:iam:org:project:roles',
      ['ops', 'dev'],
    ],
    [{ roles: {} }, 'roles', []],
    // https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims: false is an address nobody has shown to be theirs.
    [{ email: 'a@b.c' }, 'email', ['a@b.c']],
    [{ email: 'a@b.c', email_verified: true }, 'email', ['a@b.c']],
    [{ email: 'a@b.c', email_verified: 'true' }, 'email', ['a@b.c']],
    [{ email: 'a@b.c', email_verified: false }, 'email', []],
    [{ email: 'a@b.c', email_verified: 'false' }, 'email', []],
    [{ groups: ['a'], email_verified: false }, 'groups', ['a']],
    [{ a: ['x'] }, 'a.length', null],
    [{ a: 'x' }, 'a.b.c', null],
    [{}, '__proto__.constructor', null],
    [{}, 'constructor', null],
  ])('of %j at %s has the values %j', (claims, path, values) => {
    expect(readClaim(claims, path)).toEqual(values);
  });

  it('is read no further than a few thousand values', () => {
    const many = Array.from({ length: 100_000 }, (_, index) => `group ${index}`);
    expect(readClaim({ groups: many }, 'groups')).toHaveLength(5_000);
    expect(describeRoleless({ userName: 'alice', values: many }, 'groups').length).toBeLessThan(1_000);
    expect(describeRoleless({ userName: 'alice', values: many }, 'groups')).toContain('and 99980 more');
  });
});

describe('a claim with too many groups', () => {
  // https://learn.microsoft.com/en-us/entra/identity-platform/optional-claims-reference: the overage claim, and that of implicit flow.
  const overage = {
    _claim_names: { groups: 'src1' },
    _claim_sources: { src1: { endpoint: 'https://graph.microsoft.com/v1.0/users/1/getMemberObjects' } },
  };
  it.each([
    [overage, 'groups', true],
    [overage, 'roles', false],
    [{ hasgroups: true }, 'groups', true],
    [{ hasgroups: true }, 'roles', false],
    [{ _claim_names: 'groups' }, 'groups', false],
    [{}, 'groups', false],
  ])('in %j at %s is left out: %s', (claims, path, isLeftOut) => {
    expect(isElsewhere(claims, path)).toBe(isLeftOut);
  });
});

describe('a role', () => {
  const roles = [
    { value: 'ops', scopes: ['ADMIN'], accountId: null },
    { value: 'dev', scopes: ['READ'], accountId: 2 },
  ] as const;

  it('is the first of the settings that a user has, in whatever order the provider names them', () => {
    expect(findRole(roles, ['dev', 'ops'])).toBe(roles[0]);
    expect(findRole(roles, ['other', 'dev'])).toBe(roles[1]);
  });

  it('is had by its whole name alone', () => {
    for (const value of ['OPS', 'ops ', 'devops', 'o', '']) expect(findRole(roles, [value])).toBeNull();
  });
});

describe('the name of a user', () => {
  it.each([
    [{ preferred_username: 'alice', email: 'a@example.com', sub: '1' }, 'alice'],
    [{ preferred_username: ' ', email: 'a@example.com', sub: '1' }, 'a@example.com'],
    [{ name: 'Alice A.', sub: '1' }, 'Alice A.'],
    [{ preferred_username: 7, sub: '1' }, '1'],
    [{ preferred_username: 'al\nice\u202e\u0000' }, 'alice'],
    [{}, 'a user without a name'],
  ])('of %j is %s', (claims, name) => {
    expect(readUserName(claims)).toBe(name);
  });

  it('is cut where it is long', () => {
    expect(readUserName({ preferred_username: 'a'.repeat(10_000) })).toHaveLength(255);
  });
});
