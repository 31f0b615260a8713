import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Keys } from '../../../src/core/access/keys.ts';
import { createLog } from '../../../src/log.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';
import { until } from '../../helpers/until.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await withDatabase();
});
beforeEach(async () => {
  vi.restoreAllMocks();
  await database.pool.query(
    `DELETE FROM api_key; INSERT INTO api_key (id, name, hash, scopes) VALUES ('k', 'k', sha256('k'), '{READ}')`,
  );
});
afterAll(() => database[Symbol.asyncDispose]());

/** Notifications by hand. */
class Changes {
  #onChange: (what: null) => void = () => undefined;
  /** How often it was asked: at least once each time the keys look whether to read. */
  asked = 0;
  readonly #isCurrent: boolean;

  constructor(isCurrent: boolean) {
    this.#isCurrent = isCurrent;
  }

  notify(): void {
    this.#onChange(null);
  }

  listen(_channel: string, onChange: (what: null) => void): () => void {
    this.#onChange = onChange;
    return () => undefined;
  }

  isCurrent(): boolean {
    this.asked += 1;
    return this.#isCurrent;
  }
}

async function startKeys(changes: Changes) {
  const { pool, prisma } = database;
  const keys = new Keys({
    ...{ pool, prisma, changes },
    ...{ setting: null, login: null, stats: createStats(), log: createLog('silent') },
  });
  await keys.start();
  return Object.assign(keys, { [Symbol.asyncDispose]: () => keys.stop() });
}

const revoke = () => database.pool.query('UPDATE api_key SET revoked_at = now()');
const isUsable = (keys: Keys) => keys.isStill({ keyId: 'k' });

describe('keys in memory', () => {
  it('are read again once the database notifies of a change, and not before', async () => {
    const changes = new Changes(true);
    await using keys = await startKeys(changes);
    const query = vi.spyOn(database.pool, 'query');
    const lost = vi.fn();
    keys.watch({ keyId: 'k' }, lost);
    await until(() => expect(changes.asked).toBeGreaterThanOrEqual(3));
    expect(query).not.toHaveBeenCalled();
    await revoke();
    query.mockClear();
    changes.notify();
    await until(() => expect(lost).toHaveBeenCalledOnce());
    expect(isUsable(keys)).toBe(false);
    expect(query).toHaveBeenCalledOnce();
  });

  it('are read twice a second while no notification may come', async () => {
    const changes = new Changes(false);
    await using keys = await startKeys(changes);
    await revoke();
    await until(() => expect(isUsable(keys)).toBe(false));
  });

  it('are read until that works when the database was away at a change', async () => {
    const changes = new Changes(true);
    await using keys = await startKeys(changes);
    await revoke();
    await database.pool.query('ALTER TABLE api_key RENAME TO away');
    const asked = changes.asked;
    changes.notify();
    // Looked, and could not read: what is known holds until it can.
    await until(() => expect(changes.asked).toBeGreaterThan(asked));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isUsable(keys)).toBe(true);
    await database.pool.query('ALTER TABLE away RENAME TO api_key');
    await until(() => expect(isUsable(keys)).toBe(false));
  });
});
