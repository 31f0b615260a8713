/** Signing in through an OpenID Connect provider. */
import { z } from 'zod';
import { isScope, type Scope, SCOPES } from '../../model.ts';
import { findNameFlaw } from '../bounded-input/name-flaw.ts';
import { secret, setting, text, wholeNumber, type Setting } from './setting.ts';

/** What users with one value of the role claim may do. */
export interface RoleSetting {
  /** As the provider writes it. */
  readonly value: string;
  readonly scopes: readonly Scope[];
  /** Name of the one account they see; null for all of them. */
  readonly account: string | null;
}

const EXAMPLE = 'such as ops=ADMIN; dev=READ@team-a';

const roles = z
  .string()
  .transform((list, context): readonly RoleSetting[] => {
    const parsed = list
      .split(';')
      .map((item) => item.trim())
      .filter((item) => item !== '')
      .map(parseRole);
    const values = new Set<string>();
    for (const role of parsed) {
      const problem =
        typeof role === 'string' ? role : values.has(role.value) ? `${role.value} is named twice` : null;
      if (problem !== null) context.addIssue(problem);
      else if (typeof role !== 'string') values.add(role.value);
    }
    if (parsed.length === 0) context.addIssue(`expected at least one role, ${EXAMPLE}`);
    return parsed.filter((role) => typeof role !== 'string');
  })
  .optional();

/** VALUE=SCOPE[+SCOPE…][@ACCOUNT]; a value may hold `=`, as names of LDAP groups do. @returns what is wrong with it */
function parseRole(item: string): RoleSetting | string {
  const [, value = '', given = '', account] = /^(.+)=([^=@]*)(?:@([^=]*))?$/.exec(item) ?? [];
  if (value === '') return `expected VALUE=SCOPE, ${EXAMPLE}, got ${JSON.stringify(item)}`;
  const words = given.split('+').map((word) => word.trim());
  const unknown = words.find((word) => !isScope(word));
  if (unknown !== undefined) {
    return `${value.trim()}: expected ${SCOPES.join(', ')} with + between, got ${JSON.stringify(unknown)}`;
  }
  const scopes = words.filter((word) => isScope(word));
  if (account === undefined) return { value: value.trim(), scopes, account: null };
  const name = account.trim();
  if (findNameFlaw(name) !== null) {
    return `${value.trim()}: expected the name of an account after @, got ${JSON.stringify(name)}`;
  }
  if (scopes.includes('ADMIN')) {
    return `${value.trim()}: ADMIN is over the whole server: it cannot go with the account ${name}`;
  }
  return { value: value.trim(), scopes, account: name };
}

/** Over plain HTTP anybody in between could be the provider. */
const issuer = z
  .string()
  .refine(isIssuer, 'expected an https URL without query and fragment (http for loopback only)');

function isIssuer(given: string): boolean {
  if (!URL.canParse(given)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(given);
  if (username !== '' || password !== '' || search !== '' || hash !== '') return false;
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback);
}

const scopes = z
  .string()
  .transform((list) => [...new Set(list.split(/\s+/).filter((scope) => scope !== ''))])
  .refine((list) => list.includes('openid'), 'expected openid among them')
  .transform((list) => list.join(' '));

export const OIDC_SETTINGS = {
  oidcIssuer: setting('LAPWING_OIDC_ISSUER', issuer.optional()).about(
    'OpenID Connect provider people sign in to the page with, as its discovery document names it, e.g. https://id.example.com/realms/main: docs/login.md. Nobody signs in when unset.',
  ),
  oidcName: setting('LAPWING_OIDC_NAME', text).about(
    'What the page calls it: "Sign in with NAME"; the host of the issuer when unset.',
  ),
  oidcClientId: setting('LAPWING_OIDC_CLIENT_ID', text).about('Client ID of this server there.'),
  oidcClientSecret: secret('LAPWING_OIDC_CLIENT_SECRET', z.string().min(1).optional()).about(
    'Secret of that client.',
  ),
  oidcScopes: setting('LAPWING_OIDC_SCOPES', scopes, 'openid profile email').about(
    'Scopes it is asked for, with blanks between. With some providers, only offline_access gives the refresh token a long session needs.',
  ),
  oidcRoleClaim: setting('LAPWING_OIDC_ROLE_CLAIM', z.string().min(1), 'groups').about(
    'Claim that holds the roles of a user, a text or a list; dots lead into objects, e.g. realm_access.roles.',
  ),
  oidcRoles: setting('LAPWING_OIDC_ROLES', roles).about(
    'What each value of that claim allows: VALUE=SCOPE+SCOPE@ACCOUNT with ; between, e.g. ops=ADMIN; dev=READ@team-a. The first one that a user has counts; without one nobody gets in.',
  ),
  oidcRefreshSeconds: setting('LAPWING_OIDC_REFRESH_SECONDS', wholeNumber(1, 3600), '120').about(
    'Seconds after which the rights of a user are read from the provider again.',
  ),
  oidcSessionHours: setting('LAPWING_OIDC_SESSION_HOURS', wholeNumber(1, 720), '12').about(
    'Hours after which a user signs in again at the latest.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
