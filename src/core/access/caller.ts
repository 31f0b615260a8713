/** Who asks. */
import { DEFAULT_ACCOUNT, type Scope } from '../../model.ts';
import { includesScope } from './scope.ts';

export interface Caller {
  /** Null of a user, and where the server asks for no key. */
  readonly keyId: string | null;
  /** The user who signed in; null of all others. */
  readonly user: SignedIn | null;
  /** The name of the key or the user, for logs. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The one account whose metrics it sees; null for all of them. */
  readonly accountId: number | null;
}

export interface SignedIn {
  /** As the provider names the user for good. */
  readonly subject: string;
  /** The session with the rights it has: it ends with either, so that nothing goes on with rights of before. */
  readonly session: string;
}

/** What says whether a caller still is one. */
export type CallerIdentity = Pick<Caller, 'keyId' | 'user'>;

/** The caller of a server on loopback that has no key yet. */
export const OPEN_CALLER: Caller = {
  keyId: null,
  user: null,
  name: 'open',
  scopes: ['ADMIN'],
  accountId: null,
};

/** The server itself, as it applies LAPWING_CONFIG_FILE: no key makes anybody this caller. */
export const CONFIGURATION_CALLER: Caller = {
  keyId: 'configuration',
  user: null,
  name: 'LAPWING_CONFIG_FILE',
  scopes: ['WRITE'],
  accountId: null,
};

/** Stands for the key of a panel link. Whether the link still holds is looked at where its panel is shown. */
export const PANEL_KEY_ID = 'panel';

/** Who has a panel link: it is asked for by fixed documents alone. @param accountId of the metric that is shown */
export function createPanelCaller(accountId: number): Caller {
  return { keyId: PANEL_KEY_ID, user: null, name: 'panel link', scopes: ['READ'], accountId };
}

/** The account that what it makes belongs to. */
export function accountToWrite({ accountId }: Caller): number {
  return accountId ?? DEFAULT_ACCOUNT;
}

export function mayDo({ scopes }: Caller, needed: Scope): boolean {
  return includesScope(scopes, needed);
}

/** Whom limits count: the key, or the user in all sessions; null where there is neither. */
export function countedAs({ keyId, user }: CallerIdentity): string | null {
  return user === null ? keyId : `user ${user.subject}`;
}

/** Why a caller is none any more. */
export function describeLoss({ user }: CallerIdentity): string {
  return user === null
    ? 'the API key was revoked or has expired'
    : 'the session has ended, or what it may do has changed';
}
