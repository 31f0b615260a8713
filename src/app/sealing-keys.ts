/**
 * The keys that seal secrets at rest lie in LAPWING_DATA_DIR, the sealed secrets in the database. Where the one is lost
 * and the other kept (a container without a volume, a new folder beside an old DATABASE_URL), nothing opens any more.
 */
import { join } from 'node:path';
import { countUnreadableKeys } from '../core/cloudwatch-service/accounts.ts';
import { countUnreadableChannels } from '../core/incidents/delivery/channels.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Log } from '../log.ts';
import {
  createSeal,
  deriveKey,
  findSealingKey,
  readSealingKey,
  type Seal,
} from '../platform/outbound/sealed-secret.ts';
import type { Stats } from '../platform/telemetry/metrics.ts';

export function nameKeyFiles(dataDir: string) {
  return { notifications: join(dataDir, 'notifications.key'), cloudwatch: join(dataDir, 'cloudwatch.key') };
}

/** What links are signed with: the same after a restart, and in no database. */
export async function readLinkKeys(dataDir: string) {
  const sealingKey = await readSealingKey(nameKeyFiles(dataDir).notifications);
  return {
    downloads: deriveKey(sealingKey, 'lapwing download links'),
    panels: deriveKey(sealingKey, 'lapwing panel links'),
  };
}

export interface UnreadableSecrets {
  readonly channels: number;
  readonly accessKeys: number;
}

/** Stored secrets that the keys in the folder do not open. Changes nothing: a key that is missing is not made. */
export async function countUnreadableSecrets(
  prisma: Pick<PrismaClient, 'notificationChannel' | 'cloudwatchKey'>,
  dataDir: string,
): Promise<UnreadableSecrets> {
  const files = nameKeyFiles(dataDir);
  return {
    channels: await countUnreadableChannels(prisma, await openSeal(files.notifications)),
    accessKeys: await countUnreadableKeys(prisma, await openSeal(files.cloudwatch)),
  };
}

/** One that opens nothing where there is no key. */
async function openSeal(file: string): Promise<Seal> {
  const key = await findSealingKey(file);
  return createSeal(key ?? crypto.getRandomValues(new Uint8Array(32)));
}

/** @returns what an operator has to know; null when every secret can be read */
export function describeUnreadable(
  { channels, accessKeys }: UnreadableSecrets,
  dataDir: string,
): string | null {
  if (channels === 0 && accessKeys === 0) return null;
  const parts = [
    ...(channels > 0 ? [`${channels} notification channels`] : []),
    ...(accessKeys > 0 ? [`${accessKeys} CloudWatch access keys`] : []),
  ];
  return (
    `the secrets of ${parts.join(' and ')} cannot be read with the sealing keys in ${dataDir}: restore the *.key files ` +
    'from where the server ran before, or enter the secrets again'
  );
}

/** How old the answer of `problem` may be. */
const REMEMBERED_MS = 30_000;

/** Looks at start, and again when asked after a while: secrets that are entered again end the problem. */
export class SecretCheck {
  readonly #options: {
    readonly prisma: PrismaClient;
    readonly dataDir: string;
    readonly stats: Stats;
    readonly log: Log;
  };
  #problem: string | null = null;
  #checkedAtMs = -Infinity;

  constructor(options: { prisma: PrismaClient; dataDir: string; stats: Stats; log: Log }) {
    this.#options = options;
  }

  /** Counts, and logs a problem that was not there before. */
  async check(): Promise<void> {
    const { prisma, dataDir, stats, log } = this.#options;
    this.#checkedAtMs = performance.now();
    const unreadable = await countUnreadableSecrets(prisma, dataDir);
    stats.set('secrets_unreadable', unreadable.channels + unreadable.accessKeys);
    const problem = describeUnreadable(unreadable, dataDir);
    if (problem !== null && problem !== this.#problem) log.warn(unreadable, problem);
    this.#problem = problem;
  }

  /** @returns what is wrong; null when all is well */
  async findProblem(): Promise<string | null> {
    if (performance.now() - this.#checkedAtMs > REMEMBERED_MS) await this.check();
    return this.#problem;
  }
}
