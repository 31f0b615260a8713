/** From the claims of a user to what the user may do. Pure. */
import type { Scope } from '../../../model.ts';

/** What users with one value of the role claim may do. */
export interface Role {
  readonly value: string;
  readonly scopes: readonly Scope[];
  /** The one account they see; null for all of them. */
  readonly accountId: number | null;
}

export type Claims = Readonly<Record<string, unknown>>;

/** Of a token with thousands of groups no more is read. */
const MAX_VALUES = 5_000;

/**
 * The values of a claim: a text is one, a list has its texts, an object of objects has its names: so Zitadel says in which
 * organisations a role is given. A claim may have the whole path as its name, as those that
 * are URLs do; otherwise each dot leads into an object.
 * @returns null where there is no such claim
 */
export function readClaim(claims: Claims, path: string): readonly string[] | null {
  // A user who may register with any address could name that of somebody else. Some providers say it as a text.
  if (path === 'email' && [false, 'false'].includes(claims.email_verified as boolean | string)) return [];
  const found = Object.hasOwn(claims, path) ? claims[path] : walk(claims, path.split('.'));
  if (typeof found === 'string') return [found];
  if (!Array.isArray(found)) return isObjectOfObjects(found) ? Object.keys(found).slice(0, MAX_VALUES) : null;
  return found.slice(0, MAX_VALUES).filter((value) => typeof value === 'string');
}

function isObjectOfObjects(value: unknown): value is object {
  return isPlain(value) && Object.values(value).every(isPlain);
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function walk(from: unknown, path: readonly string[]): unknown {
  let found = from;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Claims)[name]; // an object, just checked
  }
  return found;
}

/** The first role, in the order of the settings, that the user has. */
export function findRole(roles: readonly Role[], values: readonly string[]): Role | null {
  const held = new Set(values);
  return roles.find(({ value }) => held.has(value)) ?? null;
}

/**
 * Whether a claim was left out as too many groups were in it: OpenID Connect Core 5.6.2 says where it is instead, as Entra ID does of
 * more than 200 groups.
 */
export function isElsewhere(claims: Claims, path: string): boolean {
  const names = claims._claim_names;
  return (isPlain(names) && Object.hasOwn(names, path)) || (path === 'groups' && claims.hasgroups === true);
}

const MAX_SHOWN_VALUES = 20;

/** Why a user does not get in: for the user, and for who wrote the settings. @param isTooLong as of `isElsewhere` */
export function describeRoleless(
  user: { readonly userName: string; readonly values: readonly string[]; readonly isTooLong?: boolean },
  roleClaim: string,
): string {
  const { userName, values, isTooLong = false } = user;
  const shown = JSON.stringify(values.slice(0, MAX_SHOWN_VALUES));
  const more = values.length > MAX_SHOWN_VALUES ? ` and ${values.length - MAX_SHOWN_VALUES} more` : '';
  const why = isTooLong ? ', as the provider leaves it out where a user is in too many groups' : '';
  const got = values.length === 0 ? `no value${why}` : `${shown}${more}`;
  return `${userName} has no role here: the claim ${roleClaim} came with ${got}, and LAPWING_OIDC_ROLES has none of it`;
}

/** The claims of an ID token that was checked when it came. */
export function readPayload(idToken: string): Claims {
  return JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()) as Claims;
}

const NAME_CLAIMS = ['preferred_username', 'email', 'name', 'sub'] as const;
const MAX_SHOWN_NAME = 255;

/** What the user is called by people; it may change, and is not what the user is known by. */
export function readUserName(claims: Claims): string {
  for (const name of NAME_CLAIMS) {
    const value = claims[name];
    if (typeof value !== 'string') continue;
    const shown = value.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim();
    if (shown !== '') return shown.slice(0, MAX_SHOWN_NAME);
  }
  return 'a user without a name';
}
