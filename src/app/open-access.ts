/** Who may ask: the keys, people who sign in, the log of what they change, and the rule that nobody is served without a key from outside. */
import { createAuditLog, type AuditLog } from '../core/access/audit-log.ts';
import { Callers } from '../core/access/callers.ts';
import { Keys } from '../core/access/keys.ts';
import { isLoopback } from '../core/access/loopback.ts';
import type { Config } from '../platform/config/read-config.ts';
import type { Engine } from './build-core.ts';
import type { OpenDatabase } from './open-database.ts';
import type { LoginParts } from '../api/http/auth/auth-endpoint.ts';
import { openLogin } from './open-login.ts';
import type { SendEnvironment } from './app-context.ts';
import { OperatorError } from '../errors.ts';

export interface Access {
  readonly keys: Keys;
  readonly callers: Callers;
  /** Null where nobody signs in. */
  readonly login: LoginParts | null;
  readonly audit: AuditLog;
}

/** The server would be open to the network, or locked to everybody; the message says what to do. */
class AccessError extends OperatorError {
  override readonly name = 'AccessError';
}

/**
 * @param options.showKey shows a key to the one who started the server, once; absent where nobody looks
 * @throws AccessError
 */
export async function openAccess(
  options: SendEnvironment & {
    readonly engine: Pick<Engine, 'pool' | 'prisma' | 'stats'>;
    readonly database: Pick<OpenDatabase, 'changes'>;
    readonly showKey: ((key: string) => void) | undefined;
    /** Of a cluster, whose leader answers those who sign in. */
    readonly isReplica?: boolean;
  },
): Promise<Access> {
  const { config, log, engine, isReplica = false, teardown } = options;
  const login = isReplica ? null : await openLogin(options);
  const hasAdmin = config.oidcRoles?.some(({ scopes }) => scopes.includes('ADMIN')) ?? false;
  const keys = new Keys({
    ...engine,
    changes: options.database.changes,
    setting: config.apiKey ?? null,
    // Also where others answer them: a server that people sign in to is never open.
    login: config.oidcIssuer === undefined ? null : { hasAdmin },
    log,
  });
  teardown.add(() => keys.stop());
  await keys.start();
  if (!isLoopback(config.host) && !keys.hasAdmin()) await makeFirstKey(keys, config, options.showKey);
  const audit = createAuditLog({ ...engine, log });
  audit.start();
  teardown.add(audit.stop);
  return { keys, callers: new Callers(keys, login), login, audit };
}

async function makeFirstKey(
  keys: Keys,
  { host }: Config,
  showKey: ((key: string) => void) | undefined,
): Promise<void> {
  if (!keys.isOpen() || showKey === undefined) {
    throw new AccessError(
      `LAPWING_HOST=${host} can be reached from outside, and there is no valid key with the scope ADMIN: make one by ` +
        'lapwing key create --name NAME --scope ADMIN, set LAPWING_API_KEY, or give ADMIN to a role of LAPWING_OIDC_ROLES',
    );
  }
  const { key } = await keys.create({ name: 'first', scopes: ['ADMIN'], account: null, expiresAt: null });
  showKey(key);
}
