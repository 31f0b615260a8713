/** How people sign in, as settings say it. */
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/platform/config/read-config.ts';

const WHOLE = {
  LAPWING_PUBLIC_URL: 'https://lapwing.example.com',
  LAPWING_OIDC_ISSUER: 'https://id.example.com/realms/main',
  LAPWING_OIDC_CLIENT_ID: 'lapwing',
  LAPWING_OIDC_CLIENT_SECRET: 'sesame',
  LAPWING_OIDC_ROLES: 'ops=ADMIN',
};
const rolesOf = (text: string) => readConfig({ ...WHOLE, LAPWING_OIDC_ROLES: text }).oidcRoles;

describe('roles', () => {
  it.each([
    ['ops=ADMIN', [{ value: 'ops', scopes: ['ADMIN'], account: null }]],
    [
      ' ops = ADMIN ; dev=READ+INGEST@team a;',
      [
        { value: 'ops', scopes: ['ADMIN'], account: null },
        { value: 'dev', scopes: ['READ', 'INGEST'], account: 'team a' },
      ],
    ],
    ['CN=ops,OU=all=READ', [{ value: 'CN=ops,OU=all', scopes: ['READ'], account: null }]],
    ['ops@example.com=WRITE@shop', [{ value: 'ops@example.com', scopes: ['WRITE'], account: 'shop' }]],
    ['/groups/ops=READ', [{ value: '/groups/ops', scopes: ['READ'], account: null }]],
    ['dev=READ@a@b', [{ value: 'dev', scopes: ['READ'], account: 'a@b' }]],
  ])('are read from %j', (text, roles) => {
    expect(rolesOf(text)).toEqual(roles);
  });

  it.each([
    ['', 'LAPWING_OIDC_ROLES: expected, because others of LAPWING_OIDC_ are set'],
    [' ; ', 'expected at least one role'],
    ['ops', 'expected VALUE=SCOPE, such as ops=ADMIN; dev=READ@team-a, got "ops"'],
    ['=ADMIN', 'got "=ADMIN"'],
    ['ops=', 'ops: expected INGEST, READ, WRITE, ADMIN with + between, got ""'],
    ['ops=admin', 'got "admin"'],
    ['ops=READ,WRITE', 'got "READ,WRITE"'],
    ['ops=READ; dev=NONE; x=', 'dev: expected INGEST'],
    ['ops=READ; dev=NONE; x=', 'x: expected INGEST'],
    ['dev=READ@', 'expected the name of an account after @, got ""'],
    ['dev=READ@a\u202eb', 'expected the name of an account after @'],
    ['ops=ADMIN@team-a', 'ADMIN is over the whole server'],
    ['ops=READ;ops=ADMIN', 'ops is named twice'],
  ])('are refused in %j', (text, problem) => {
    expect(() => rolesOf(text)).toThrow(problem);
  });
});

describe('a provider', () => {
  it.each(Object.keys(WHOLE))('is not half set: without %s', (name) => {
    const rest = Object.fromEntries(Object.entries(WHOLE).filter(([other]) => other !== name));
    expect(() => readConfig(rest)).toThrow(`${name}: expected, because others of LAPWING_OIDC_ are set`);
  });

  it('is as good as unset where its address is empty', () => {
    expect(() => readConfig({ ...WHOLE, LAPWING_OIDC_ISSUER: '' })).toThrow(
      'LAPWING_OIDC_ISSUER: expected, because others of LAPWING_OIDC_ are set',
    );
  });

  it('is not needed for an address that people reach the page by', () => {
    const { oidcIssuer, oidcRoles } = readConfig({ LAPWING_PUBLIC_URL: 'https://lapwing.example.com' });
    expect({ oidcIssuer, oidcRoles }).toEqual({ oidcIssuer: undefined, oidcRoles: undefined });
  });

  it.each([
    ['https://id.example.com', true],
    ['https://id.example.com/realms/a/', true],
    ['http://127.0.0.1:8080', true],
    ['http://localhost:8080/realms/a', true],
    ['http://[::1]:8080', true],
    ['http://id.example.com', false],
    ['http://127.0.0.1.evil.example', false],
    ['http://localhost.evil.example', false],
    ['https://user:secret@id.example.com', false],
    ['https://id.example.com/?a=b', false],
    ['id.example.com', false],
  ])('is at %j: %s', (issuer, isTaken) => {
    const settings = { ...WHOLE, LAPWING_OIDC_ISSUER: issuer };
    if (isTaken) expect(readConfig(settings).oidcIssuer).toBe(issuer);
    else expect(() => readConfig(settings)).toThrow(/LAPWING_OIDC_ISSUER=.*: expected an https URL/);
  });

  it('is asked for openid whatever else it is asked for', () => {
    const scopes = (text: string) => readConfig({ ...WHOLE, LAPWING_OIDC_SCOPES: text }).oidcScopes;
    expect(scopes(' openid  offline_access openid')).toBe('openid offline_access');
    expect(() => scopes('profile')).toThrow('expected openid among them');
  });
});
