/** Who asks. */
import { DEFAULT_ACCOUNT } from '../../model.ts';
import { includesScope, type Scope } from './scope.ts';

export interface Caller {
  /** Null where the server asks for no key. */
  readonly keyId: string | null;
  /** The name of the key, for logs. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The one account whose metrics it sees; null for all of them. */
  readonly accountId: number | null;
}

/** The caller of a server on loopback that has no key yet. */
export const OPEN_CALLER: Caller = { keyId: null, name: 'open', scopes: ['ADMIN'], accountId: null };

/** The server itself, as it applies LAPWING_CONFIG_FILE: no key makes anybody this caller. */
export const CONFIGURATION_CALLER: Caller = {
  keyId: 'configuration',
  name: 'LAPWING_CONFIG_FILE',
  scopes: ['WRITE'],
  accountId: null,
};

/** The account that what it makes belongs to. */
export function accountToWrite({ accountId }: Caller): number {
  return accountId ?? DEFAULT_ACCOUNT;
}

export function mayDo({ scopes }: Caller, needed: Scope): boolean {
  return includesScope(scopes, needed);
}
