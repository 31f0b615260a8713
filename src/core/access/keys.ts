/**
 * The keys in memory: a request is checked without asking the database. They are read again when the database notifies of a
 * change, so that a key revoked by another process (the command line) ends here within a second, too; twice a second while
 * its notifications may not come.
 */
import { createHmac } from 'node:crypto';
import type pg from 'pg';
import { InvalidInputError } from '../../errors.ts';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import type { Log } from '../../log.ts';
import type { ChangeChannels } from '../../platform/postgres/change-channels.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { type Caller, CONFIGURATION_CALLER, mayDo, OPEN_CALLER, PANEL_KEY_ID } from './caller.ts';
import { createGuessLimit } from './guess-limit.ts';
import { createKeyUses, type KeyUses } from './key-uses.ts';
import { type CreatedKey, insertKey, type NewKey, revokeKey, type StoredKey } from './key-store.ts';
import { type KnownKey, readKeys } from './read-keys.ts';
import { hashKey, isSameHash, MAX_KEY_LENGTH, readKeyId } from './secret.ts';

/** Why nobody was recognised. Wrong, revoked and expired are one: guessing teaches nothing. */
export type KeyProblem = 'missing_key' | 'wrong_key' | 'too_many_guesses';

const TICK_MS = 500;
/** They are read again after this long, whatever was notified: triggers can be switched off. */
const MAX_AGE_MS = 10_000;
const SETTING: Caller = {
  keyId: 'environment',
  user: null,
  name: 'LAPWING_API_KEY',
  scopes: ['ADMIN'],
  accountId: null,
};
/** What a key with an unknown number is compared with, so that it takes as long as one with a known number. */
const NOBODY = hashKey('');

interface KeysOptions {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  /** Whether others have changed keys. */
  readonly changes: Pick<ChangeChannels, 'listen' | 'isCurrent'>;
  /** An admin key of the settings. */
  readonly setting: string | null;
  /** Where people sign in, whether some of them may do everything; null where nobody does. */
  readonly login: { readonly hasAdmin: boolean } | null;
  readonly stats: Stats;
  readonly log: Log;
  readonly now?: () => number;
}

export class Keys {
  readonly #options: KeysOptions;
  readonly #now: () => number;
  readonly #settingHash: Uint8Array | null;
  readonly #uses: KeyUses;
  readonly #guesses = createGuessLimit();
  readonly #watchers = new Set<{ readonly caller: Pick<Caller, 'keyId'>; readonly onLost: () => void }>();
  #known: ReadonlyMap<string, KnownKey> = new Map();
  #everHadKey = false;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  /** Changed since they were read last. */
  #isStale = false;
  /** When they were read last, on the clock of `performance.now`. */
  #readMs = -Infinity;
  #stopListening: () => void = () => undefined;
  #isStopped = false;

  constructor(options: KeysOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#settingHash = options.setting === null ? null : hashKey(options.setting);
    this.#uses = createKeyUses(this.#options.pool, this.#options.log);
  }

  /** Whether no key is asked for: there never was one, and nobody signs in. */
  isOpen(): boolean {
    return this.#settingHash === null && this.#options.login === null && !this.#everHadKey;
  }

  /** Whether it still is who it was: its key neither revoked nor expired; of an open server, that no key was made. */
  isStill({ keyId }: Pick<Caller, 'keyId'>): boolean {
    if (keyId === null) return this.isOpen();
    if (keyId === CONFIGURATION_CALLER.keyId || keyId === PANEL_KEY_ID) return true;
    if (keyId === SETTING.keyId) return this.#settingHash !== null;
    return (this.#known.get(keyId)?.expiresMs ?? 0) > this.#now();
  }

  /**
   * What tells a key of the settings, which has one id for ever, from one that takes its place at a restart: for what is
   * kept longer than the process. Without `secret` nothing is learned from it.
   * @returns null of keys whose id is of one key alone
   */
  markOf(keyId: string | null, secret: Uint8Array): string | null {
    if (keyId !== SETTING.keyId || this.#settingHash === null) return null;
    return createHmac('sha256', secret)
      .update('setting')
      .update(this.#settingHash)
      .digest('hex')
      .slice(0, 16);
  }

  /** @param key what the client gave; null for nothing @param address where it came from */
  identify(key: string | null, address: string): Caller | KeyProblem {
    if (this.isOpen()) return OPEN_CALLER;
    if (key === null) return 'missing_key';
    const caller = this.#find(key);
    const keyId = caller?.keyId ?? null;
    // One of the form of those made here is not guessed: what is right is let in, whatever came from there before.
    if (readKeyId(key) === null && !this.#guesses.mayTell(address, keyId)) return 'too_many_guesses';
    if (caller === null) return 'wrong_key';
    if (keyId !== null && keyId !== SETTING.keyId) this.#uses.note(keyId, this.#now());
    return caller;
  }

  /** Whether some key, or some who sign in, may do everything. */
  hasAdmin(): boolean {
    return (
      this.#settingHash !== null ||
      this.#options.login?.hasAdmin === true ||
      [...this.#known.values()].some(
        ({ caller, expiresMs }) => mayDo(caller, 'ADMIN') && expiresMs > this.#now(),
      )
    );
  }

  /** Calls back once, within a second after the caller stopped being one. @returns what ends the watch */
  watch(caller: Pick<Caller, 'keyId'>, onLost: () => void): () => void {
    const watcher = { caller, onLost };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /**
   * @throws InvalidInputError, DuplicateNameError, QuotaExceededError; InvalidInputError when it is the first one and
   *   could not make a second
   */
  async create(wanted: NewKey): Promise<CreatedKey> {
    if (!this.hasAdmin() && !wanted.scopes.includes('ADMIN')) {
      throw new InvalidInputError(
        'scopes: expected ADMIN, because there is no key with it yet: nobody could make another',
        ['input', 'scopes'],
      );
    }
    const created = await insertKey(this.#options.prisma, wanted);
    // It is there, and is shown this once: keys that cannot be read now are read at the next look.
    await this.#readAgain().catch((error: unknown) =>
      this.#options.log.warn({ err: error }, 'a new key was stored, and counts within a second'),
    );
    return created;
  }

  /** @throws NotFoundError */
  async revoke(id: string): Promise<StoredKey> {
    const revoked = await revokeKey(this.#options.prisma, id);
    await this.#readAgain();
    return revoked;
  }

  /** Reads the keys, and begins to read them again when they have changed. */
  async start(): Promise<void> {
    this.#stopListening = this.#options.changes.listen('keys', () => (this.#isStale = true));
    await this.#readAgain();
    this.#timer = setTimeout(() => void this.#tick(), TICK_MS).unref();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopListening();
    clearTimeout(this.#timer);
    this.#watchers.clear();
    await this.#reading.catch(() => undefined);
  }

  async #read() {
    const beganMs = performance.now();
    // What changes while they are read may not be among it.
    this.#isStale = false;
    try {
      ({ known: this.#known, everHadKey: this.#everHadKey } = await readKeys(this.#options.pool));
      this.#readMs = beganMs;
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }

  #isDue(): boolean {
    const isOld = performance.now() - this.#readMs > MAX_AGE_MS;
    return !this.#options.changes.isCurrent() || this.#isStale || isOld;
  }

  /** One reading after the other: an older one must not overwrite what a newer one saw. */
  #readAgain() {
    return (this.#reading = this.#reading.catch(() => undefined).then(() => this.#read()));
  }

  #find(key: string): Caller | null {
    if (key.length > MAX_KEY_LENGTH) return null;
    const hash = hashKey(key);
    if (this.#settingHash !== null && isSameHash(hash, this.#settingHash)) return SETTING;
    const entry = this.#known.get(readKeyId(key) ?? '');
    const isSame = isSameHash(hash, entry?.hash ?? NOBODY);
    return entry === undefined || !isSame || entry.expiresMs <= this.#now() ? null : entry.caller;
  }

  #endLost() {
    for (const watcher of [...this.#watchers]) {
      if (this.isStill(watcher.caller)) continue;
      this.#watchers.delete(watcher);
      try {
        watcher.onLost();
      } catch (error) {
        // The keys are read again all the same, and the others end.
        this.#options.log.error({ err: error }, 'what a lost key had open could not be ended');
      }
    }
  }

  async #tick() {
    try {
      if (this.#isDue()) await this.#readAgain();
      await this.#uses.write(this.#now());
    } catch (error) {
      // What was read last holds until the database is back; keys still expire by the clock.
      this.#options.log.debug({ err: error }, 'the keys could not be read again');
    }
    this.#endLost();
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#tick(), TICK_MS).unref();
  }
}
