/** PostgreSQL's data folder: made once, whole or not at all, and checked ever after. */
import { chown, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Log } from '../../../log.ts';
import { runAs, type Account } from './os-user.ts';
import type { PostgresBinaries } from './binaries.ts';
import { EmbeddedError } from './embedded-error.ts';
import { findNamelessUser, withUserName } from './nameless-user.ts';
import { describeError, hasCode } from '../error-text.ts';
import { isRunning } from './folder-lock.ts';

/** The superuser and only user of the embedded database. */
export const EMBEDDED_USER = 'lapwing';

/**
 * Makes the folder when it does not exist, and checks that this PostgreSQL can use it when it does.
 * @param durable false skips waiting for the disk (tests)
 * @throws EmbeddedError when it was made by another version, is something else, or cannot be made
 */
export async function prepareDataFolder(options: {
  readonly binaries: PostgresBinaries;
  readonly account: Account;
  readonly folder: string;
  readonly durable: boolean;
  readonly log: Log;
}): Promise<void> {
  const { binaries, account, folder } = options;
  await removeAbandoned(folder, options.log);
  const made = await readVersion(folder);
  if (made === null) {
    options.log.info({ folder }, 'creating the embedded database');
    await initialise(options);
    return;
  }
  const brought = /\(PostgreSQL\) (\d+)/.exec(await runAs(account, [binaries.postgres, '--version']))?.[1];
  if (made === brought) return;
  throw new EmbeddedError(
    `the folder ${folder} was made by PostgreSQL ${made}, and this program brings PostgreSQL ${brought ?? '?'}: export ` +
      'with the program that made it and import here, or set DATABASE_URL to a PostgreSQL that has the data',
  );
}

/** Major version that made the folder; null when there is no folder, or an empty one (a fresh volume). */
async function readVersion(folder: string): Promise<string | null> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw new EmbeddedError(`cannot read the folder ${folder}: ${describeError(error)}`, { cause: error });
  });
  if (names.length === 0) return null;
  const version = await readFile(join(folder, 'PG_VERSION'), 'utf8').catch(() => null);
  if (version !== null) return version.trim();
  throw new EmbeddedError(
    `the folder ${folder} is not empty and is not a PostgreSQL data folder: move it away`,
  );
}

async function initialise({
  binaries,
  account,
  folder,
  durable,
}: {
  binaries: PostgresBinaries;
  account: Account;
  folder: string;
  durable: boolean;
}): Promise<void> {
  const draft = `${folder}${DRAFT_MARK}${process.pid}`;
  try {
    await mkdir(draft, { mode: 0o700 });
    await chown(draft, account.uid, account.gid);
    // The built-in locale sorts the same on every machine and after every upgrade of its libraries.
    const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
    // Only who may enter the socket's folder (0700) can connect: no password is needed.
    const access = [`--username=${EMBEDDED_USER}`, '--auth=trust', '--data-checksums'];
    const pace = durable ? [] : ['--no-sync'];
    const run = (environment = {}) =>
      runAs(account, [binaries.initdb, '-D', draft, ...locale, ...access, ...pace], environment);
    const nameless = findNamelessUser();
    await (nameless === null ? run() : withUserName(nameless, run));
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another server starting at the same moment was faster: its folder is as good.
    if ((await readVersion(folder)) !== null) return;
    throw new EmbeddedError(`cannot create the embedded database in ${folder}: ${describeError(error)}`, {
      cause: error,
    });
  }
}

const DRAFT_MARK = '.draft-';

/** A server killed while it made the folder left its draft behind. */
async function removeAbandoned(folder: string, log: Log): Promise<void> {
  const parent = dirname(folder);
  for (const name of await readdir(parent)) {
    const prefix = basename(folder) + DRAFT_MARK;
    if (!name.startsWith(prefix)) continue;
    const pid = Number(name.slice(prefix.length));
    if (pid !== process.pid && isRunning(pid)) continue;
    log.warn({ folder: name }, 'removing a half made database');
    await rm(join(parent, name), { recursive: true, force: true, maxRetries: 5 });
  }
}
