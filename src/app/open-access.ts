/** Who may ask: the keys, the log of what they change, and the rule that nobody is served without a key from outside. */
import { createAuditLog, type AuditLog } from '../core/access/audit-log.ts';
import { Keys } from '../core/access/keys.ts';
import { isLoopback } from '../core/access/loopback.ts';
import type { Config } from '../platform/config/read-config.ts';
import type { Engine } from './build-core.ts';
import type { SendEnvironment } from './app-context.ts';
import { OperatorError } from '../errors.ts';

export interface Access {
  readonly keys: Keys;
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
    readonly showKey: ((key: string) => void) | undefined;
  },
): Promise<Access> {
  const { config, log, engine, teardown } = options;
  const keys = new Keys({ ...engine, setting: config.apiKey ?? null, log });
  teardown.add(() => keys.stop());
  await keys.start();
  if (!isLoopback(config.host) && !keys.hasAdmin()) await makeFirstKey(keys, config, options.showKey);
  const audit = createAuditLog({ ...engine, log });
  audit.start();
  teardown.add(audit.stop);
  return { keys, audit };
}

async function makeFirstKey(
  keys: Keys,
  { host }: Config,
  showKey: ((key: string) => void) | undefined,
): Promise<void> {
  if (!keys.isOpen() || showKey === undefined) {
    throw new AccessError(
      `LAPWING_HOST=${host} can be reached from outside, and there is no valid key with the scope ADMIN: make one by ` +
        'lapwing key create --name NAME --scope ADMIN, or set LAPWING_API_KEY',
    );
  }
  const { key } = await keys.create({ name: 'first', scopes: ['ADMIN'], account: null, expiresAt: null });
  showKey(key);
}
