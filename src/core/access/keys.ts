/**
 * The keys in memory: a request is checked without asking the database. They are read again twice a second, so that
 * a key revoked by another process (the command line) ends here within a second, too.
 */
import type pg from 'pg';
import { InvalidInputError } from '../../errors.ts';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import type { Log } from '../../log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { type Caller, mayDo, OPEN_CALLER } from './caller.ts';
import { createGuessLimit } from './guess-limit.ts';
import { createKeyUses } from './key-uses.ts';
import { type CreatedKey, insertKey, type NewKey, revokeKey, type StoredKey } from './key-store.ts';
import type { Scope } from './scope.ts';
import { hashKey, isSameHash, MAX_KEY_LENGTH, readKeyId } from './secret.ts';

/** Why nobody was recognised. Wrong, revoked and expired are one: whoever guesses learns nothing from it. */
export type KeyProblem = 'missing_key' | 'wrong_key' | 'too_many_guesses';

export interface Keys {
  /** @param key what the client gave; null for nothing @param address where it came from */
  identify: (key: string | null, address: string) => Caller | KeyProblem;
  /** Whether it still is who it was: its key neither revoked nor expired; of an open server, that no key was made. */
  isStill: (caller: Pick<Caller, 'keyId'>) => boolean;
  /** Calls back once, within a second after the caller stopped being one. @returns what ends the watch */
  watch: (caller: Pick<Caller, 'keyId'>, onLost: () => void) => () => void;
  /** Whether no key is asked for: there never was one. */
  isOpen: () => boolean;
  /** Whether some key may do everything. */
  hasAdmin: () => boolean;
  /**
   * @throws InvalidInputError, DuplicateNameError, QuotaExceededError; InvalidInputError when it is the first one and
   *   could not make a second
   */
  create: (wanted: NewKey) => Promise<CreatedKey>;
  /** @throws NotFoundError */
  revoke: (id: string) => Promise<StoredKey>;
  /** Reads the keys, and begins to read them again now and then. */
  start: () => Promise<void>;
  stop: () => Promise<void>;
}

interface KnownKey {
  readonly caller: Caller;
  readonly hash: Uint8Array;
  readonly expiresMs: number;
}

const READ_AGAIN_MS = 500;
const SETTING: Caller = { keyId: 'environment', name: 'LAPWING_API_KEY', scopes: ['ADMIN'], accountId: null };
/** What a key with an unknown number is compared with, so that it takes as long as one with a known number. */
const NOBODY = hashKey('');

export function createKeys(options: {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  /** An admin key of the settings. */
  readonly setting: string | null;
  readonly stats: Stats;
  readonly log: Log;
  readonly now?: () => number;
}): Keys {
  const { pool, prisma, log, now = Date.now } = options;
  const settingHash = options.setting === null ? null : hashKey(options.setting);
  const uses = createKeyUses(pool, log);
  const guesses = createGuessLimit();
  const watchers = new Set<{ readonly caller: Pick<Caller, 'keyId'>; readonly onLost: () => void }>();
  let known: ReadonlyMap<string, KnownKey> = new Map();
  let everHadKey = false;
  let timer: NodeJS.Timeout | undefined;
  let reading: Promise<void> = Promise.resolve();

  const read = async () => {
    ({ known, everHadKey } = await readKeys(pool));
  };
  /** One reading after the other: an older one must not overwrite what a newer one saw. */
  const readAgain = () => (reading = reading.catch(() => undefined).then(read));

  const isOpen = () => settingHash === null && !everHadKey;
  const isStill = ({ keyId }: Pick<Caller, 'keyId'>) => {
    if (keyId === null) return isOpen();
    if (keyId === SETTING.keyId) return settingHash !== null;
    return (known.get(keyId)?.expiresMs ?? 0) > now();
  };

  const find = (key: string): Caller | null => {
    if (key.length > MAX_KEY_LENGTH) return null;
    const hash = hashKey(key);
    if (settingHash !== null && isSameHash(hash, settingHash)) return SETTING;
    const entry = known.get(readKeyId(key) ?? '');
    const isSame = isSameHash(hash, entry?.hash ?? NOBODY);
    return entry === undefined || !isSame || entry.expiresMs <= now() ? null : entry.caller;
  };
  const identify = (key: string | null, address: string): Caller | KeyProblem => {
    if (isOpen()) return OPEN_CALLER;
    if (key === null) return 'missing_key';
    const caller = find(key);
    const keyId = caller?.keyId ?? null;
    // One of the form of those made here is not guessed: what is right is let in, whatever came from there before.
    if (readKeyId(key) === null && !guesses.mayTell(address, keyId)) return 'too_many_guesses';
    if (caller === null) return 'wrong_key';
    if (keyId !== null && keyId !== SETTING.keyId) uses.note(keyId, now());
    return caller;
  };

  const endLost = () => {
    for (const watcher of [...watchers]) {
      if (isStill(watcher.caller)) continue;
      watchers.delete(watcher);
      try {
        watcher.onLost();
      } catch (error) {
        // The keys are read again all the same, and the others end.
        log.error({ err: error }, 'what a lost key had open could not be ended');
      }
    }
  };
  const tick = async () => {
    try {
      await readAgain();
      await uses.write(now());
    } catch (error) {
      // What was read last holds until the database is back; keys still expire by the clock.
      log.debug({ err: error }, 'the keys could not be read again');
    }
    endLost();
    timer = setTimeout(() => void tick(), READ_AGAIN_MS).unref();
  };

  const hasAdmin = () =>
    settingHash !== null ||
    [...known.values()].some(({ caller, expiresMs }) => mayDo(caller, 'ADMIN') && expiresMs > now());

  return {
    identify,
    isStill,
    isOpen,
    hasAdmin,
    watch: (caller, onLost) => {
      const watcher = { caller, onLost };
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    create: async (wanted) => {
      if (!hasAdmin() && !wanted.scopes.includes('ADMIN')) {
        throw new InvalidInputError(
          'scopes: expected ADMIN, because there is no key with it yet: nobody could make another',
          ['input', 'scopes'],
        );
      }
      const created = await insertKey(prisma, wanted);
      await readAgain();
      return created;
    },
    revoke: async (id) => {
      const revoked = await revokeKey(prisma, id);
      await readAgain();
      return revoked;
    },
    start: async () => {
      await readAgain();
      timer = setTimeout(() => void tick(), READ_AGAIN_MS).unref();
    },
    stop: async () => {
      clearTimeout(timer);
      watchers.clear();
      await reading.catch(() => undefined);
      clearTimeout(timer);
    },
  };
}

interface KeyRow {
  readonly id: string | null;
  readonly name: string;
  readonly hash: Buffer;
  readonly scopes: readonly Scope[];
  readonly account_id: number | null;
  readonly expires_ms: number | null;
}

/**
 * Revoked keys are left out, but count: a server whose last key was revoked does not become open. In one statement: of
 * two, the second could see a key the first did not, and nobody would be let in until the next reading.
 */
async function readKeys(pool: pg.Pool): Promise<{ known: Map<string, KnownKey>; everHadKey: boolean }> {
  const { rows } = await pool.query<KeyRow & { readonly ever_had_key: boolean }>(
    `SELECT ever.had_key AS ever_had_key, id, name, hash, scopes::text[] AS scopes, account_id,
       (extract(epoch FROM expires_at) * 1000)::float8 AS expires_ms
     FROM (SELECT EXISTS (SELECT FROM api_key) AS had_key) AS ever
     LEFT JOIN api_key ON revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
  );
  const known = new Map<string, KnownKey>();
  for (const { id, name, hash, scopes, account_id, expires_ms } of rows) {
    // The one row there is when no key is usable.
    if (id === null) continue;
    const caller = { keyId: id, name, scopes, accountId: account_id };
    known.set(id, { caller, hash, expiresMs: expires_ms ?? Infinity });
  }
  return { known, everHadKey: rows[0]?.ever_had_key === true };
}
