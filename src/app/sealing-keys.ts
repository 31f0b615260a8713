/**
 * The keys that seal secrets at rest are files, the sealed secrets are in the database. Where the one is lost and the other
 * kept (a container without a volume, a new folder beside an old DATABASE_URL), nothing opens any more.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { countUnreadableKeys, renewKeys } from '../core/cloudwatch-service/accounts.ts';
import { countUnreadableChannels, renewChannels } from '../core/incidents/delivery/channels.ts';
import { OperatorError } from '../errors.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Log } from '../log.ts';
import type { Config } from '../platform/config/read-config.ts';
import {
  createSeal,
  deriveKey,
  findSealingKey,
  readSealingKey,
  type Seal,
} from '../platform/outbound/sealed-secret.ts';
import { makeDataFolder } from '../platform/runtime/make-folder.ts';
import type { Stats } from '../platform/telemetry/metrics.ts';

type KeySettings = Pick<Config, 'dataDir' | 'sealingKey'>;

export interface SealingKeys {
  readonly notifications: Seal;
  readonly cloudwatch: Seal;
  /** What links are signed with: the same after a restart, and in no database. */
  readonly links: { readonly downloads: Uint8Array; readonly panels: Uint8Array };
  /** What members of a cluster sign with that they pass on to each other. */
  readonly cluster: Uint8Array;
  /** Equal where the keys are; says nothing about them. Eight hexadecimal digits. */
  readonly fingerprint: string;
}

/** The first seals; all of them open. */
type KeyRing = readonly [Uint8Array, ...Uint8Array[]];

/** This server would not open the secrets of the one it is the standby of. */
class SealingKeysDifferError extends OperatorError {
  override readonly name = 'SealingKeysDifferError';
}

/**
 * Of the file LAPWING_SEALING_KEY, or files of the data folder, which are made at the first start.
 * @throws DataFolderError, SealError when a file holds something else
 */
export async function openSealingKeys(
  settings: KeySettings & { readonly clusterSecret?: Config['clusterSecret'] },
): Promise<SealingKeys> {
  const { notifications, cloudwatch } = await readKeyRings(settings, async (file) => {
    await makeDataFolder(settings.dataDir);
    return readSealingKey(file);
  });
  const [signing] = notifications;
  const fingerprint = createHash('sha256');
  for (const [key] of [notifications, cloudwatch]) fingerprint.update(deriveKey(key, 'lapwing fingerprint'));
  return {
    notifications: sealWith(notifications),
    cloudwatch: sealWith(cloudwatch),
    links: {
      downloads: deriveKey(signing, 'lapwing download links'),
      panels: deriveKey(signing, 'lapwing panel links'),
    },
    cluster:
      settings.clusterSecret === undefined
        ? deriveKey(signing, 'lapwing cluster')
        : Buffer.from(settings.clusterSecret),
    fingerprint: fingerprint.digest('hex').slice(0, 8),
  };
}

/**
 * @param read what gives the key of a file of the data folder
 * @returns the keys of the data folder; behind those of LAPWING_SEALING_KEY where that is set, so that what was sealed
 *   before it was set still opens
 */
async function readKeyRings(
  { dataDir, sealingKey }: KeySettings,
  read: (file: string) => Promise<Uint8Array>,
): Promise<{ readonly notifications: KeyRing; readonly cloudwatch: KeyRing }> {
  const readRing = async (name: 'notifications' | 'cloudwatch'): Promise<KeyRing> => {
    const file = join(dataDir, `${name}.key`);
    if (sealingKey === undefined) return [await read(file)];
    const before = await findSealingKey(file);
    return [deriveKey(sealingKey, `lapwing ${name}`), ...(before === null ? [] : [before])];
  };
  return { notifications: await readRing('notifications'), cloudwatch: await readRing('cloudwatch') };
}

function sealWith([key, ...older]: KeyRing): Seal {
  return createSeal(key, older);
}

/**
 * For a standby, while it can still be mended: once it takes over it could send no notification.
 * @param holder who is active, by the name of its session
 * @throws SealingKeysDifferError
 */
export function checkSameKeys(holder: string, fingerprint: string): void {
  const theirs = /, keys ([0-9a-f]{8})\b/.exec(holder)?.[1];
  // A version before does not say.
  if (theirs === undefined || theirs === fingerprint) return;
  throw new SealingKeysDifferError(
    `this standby has other sealing keys (${fingerprint}) than the active server (${holder}), so it could not read its ` +
      'secrets: copy the *.key files of its LAPWING_DATA_DIR to the one of this server, or set LAPWING_SEALING_KEY of ' +
      'both to the same key, and start this one again',
  );
}

/** So that the files of the data folder are needed no longer once LAPWING_SEALING_KEY is set. */
export async function renewSecrets(
  prisma: Pick<PrismaClient, 'notificationChannel' | 'cloudwatchKey'>,
  { notifications, cloudwatch }: SealingKeys,
): Promise<void> {
  await renewChannels(prisma, notifications);
  await renewKeys(prisma, cloudwatch);
}

export interface UnreadableSecrets {
  readonly channels: number;
  readonly accessKeys: number;
}

/** Stored secrets that the keys in the folder do not open. Changes nothing: a key that is missing is not made. */
export async function countUnreadableSecrets(
  prisma: Pick<PrismaClient, 'notificationChannel' | 'cloudwatchKey'>,
  settings: KeySettings,
): Promise<UnreadableSecrets> {
  const { notifications, cloudwatch } = await readKeyRings(settings, readOrInvent);
  return {
    channels: await countUnreadableChannels(prisma, sealWith(notifications)),
    accessKeys: await countUnreadableKeys(prisma, sealWith(cloudwatch)),
  };
}

/** A key that opens nothing where there is none. */
async function readOrInvent(file: string): Promise<Uint8Array> {
  return (await findSealingKey(file)) ?? crypto.getRandomValues(new Uint8Array(32));
}

/** @returns what an operator has to know; null when every secret can be read */
export function describeUnreadable(
  { channels, accessKeys }: UnreadableSecrets,
  { dataDir, sealingKey }: KeySettings,
): string | null {
  if (channels === 0 && accessKeys === 0) return null;
  const parts = [
    ...(channels > 0 ? [`${channels} notification channels`] : []),
    ...(accessKeys > 0 ? [`${accessKeys} CloudWatch access keys`] : []),
  ];
  const given = sealingKey === undefined ? '' : 'LAPWING_SEALING_KEY and ';
  return (
    `the secrets of ${parts.join(' and ')} cannot be read with ${given}the sealing keys in ${dataDir}: restore the *.key files ` +
    'from where the server ran before, or enter the secrets again'
  );
}

/** How old the answer of `problem` may be. */
const REMEMBERED_MS = 30_000;

/** Looks at start, and again when asked after a while: secrets that are entered again end the problem. */
export class SecretCheck {
  readonly #options: {
    readonly prisma: PrismaClient;
    readonly settings: KeySettings;
    readonly stats: Stats;
    readonly log: Log;
  };
  #problem: string | null = null;
  #checkedAtMs = -Infinity;

  constructor(options: { prisma: PrismaClient; settings: KeySettings; stats: Stats; log: Log }) {
    this.#options = options;
  }

  /** Counts, and logs a problem that was not there before. */
  async check(): Promise<void> {
    const { prisma, settings, stats, log } = this.#options;
    this.#checkedAtMs = performance.now();
    const unreadable = await countUnreadableSecrets(prisma, settings);
    stats.set('secrets_unreadable', unreadable.channels + unreadable.accessKeys);
    const problem = describeUnreadable(unreadable, settings);
    if (problem !== null && problem !== this.#problem) log.warn(unreadable, problem);
    this.#problem = problem;
  }

  /** @returns what is wrong; null when all is well */
  async findProblem(): Promise<string | null> {
    if (performance.now() - this.#checkedAtMs > REMEMBERED_MS) await this.check();
    return this.#problem;
  }
}
