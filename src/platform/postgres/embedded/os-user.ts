/** Who runs PostgreSQL: it refuses to run as root, and in a container the server often is root. */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { EmbeddedError } from './embedded-error.ts';

const execute = promisify(execFile);

/** Nothing of the caller's environment: PGDATA, PGPORT and the like would change what PostgreSQL does. */
export const CLEAN_ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
  LC_ALL: 'C',
  TZ: 'UTC',
};
const PROGRAM_LIMIT_MS = 120_000;

export interface Account {
  /** Given to spawn; empty when no switch is needed. */
  readonly credentials: { readonly uid?: number; readonly gid?: number };
  /** Put before the command line. */
  readonly prefix: readonly string[];
  /** Variables that PostgreSQL's programs need besides the clean ones. */
  readonly environment: Readonly<Record<string, string>>;
  /** Who owns PostgreSQL's files, as this process sees it. */
  readonly uid: number;
  readonly gid: number;
}

/**
 * The account to run PostgreSQL under: ourselves; as root the owner of the existing folder, else nobody, else (where
 * nobody may not enter the folders) root itself shown as an ordinary user in a user namespace.
 * @param folder PostgreSQL's data folder, which need not exist
 * @param parent its parent, which exists
 * @param environment variables that PostgreSQL's programs need besides the clean ones
 * @throws EmbeddedError when there is no such account
 */
export async function chooseAccount(
  postgres: string,
  folder: string,
  parent: string,
  environment: Account['environment'] = {},
): Promise<Account> {
  const self = { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 };
  const owner = await stat(folder).catch(() => null);
  if (self.uid !== 0) {
    if (owner !== null && owner.uid !== self.uid) {
      throw new EmbeddedError(
        `the folder ${folder} belongs to user ${owner.uid}, but the server runs as user ${self.uid}: ` +
          'start it as that user, or choose another LAPWING_DATA_DIR',
      );
    }
    return { credentials: {}, prefix: [], environment, ...self };
  }
  for (const one of await listAccountsForRoot(owner)) {
    const account = { ...one, environment };
    if (await canReach(account, postgres, parent)) return account;
  }
  throw new EmbeddedError(
    `PostgreSQL refuses to run as root, and no other account can use ${postgres} and ${folder}: start the server as ` +
      'an ordinary user, move it and LAPWING_DATA_DIR to where others may enter, or set DATABASE_URL to a PostgreSQL',
  );
}

/** Runs a program of PostgreSQL to its end. @param environment beside the clean one @returns what it printed */
export async function runAs(
  account: Account,
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const [file, ...rest] = [...account.prefix, ...command];
  if (file === undefined) throw new TypeError('no command');
  const { stdout, stderr } = await execute(file, rest, {
    ...account.credentials,
    cwd: '/',
    env: { ...CLEAN_ENVIRONMENT, ...account.environment, ...environment },
    timeout: PROGRAM_LIMIT_MS,
  });
  return stdout + stderr;
}

type BareAccount = Omit<Account, 'environment'>;

async function listAccountsForRoot(
  owner: { uid: number; gid: number } | null,
): Promise<readonly BareAccount[]> {
  if (owner !== null && owner.uid !== 0) return [switchTo(owner)];
  const nobody = await findNobody();
  if (nobody === null) return [];
  return owner === null ? [switchTo(nobody), disguiseAs(nobody)] : [disguiseAs(nobody)];
}

function switchTo({ uid, gid }: { uid: number; gid: number }): BareAccount {
  return { credentials: { uid, gid }, prefix: [], uid, gid };
}

function disguiseAs({ uid, gid }: { uid: number; gid: number }): BareAccount {
  const prefix = ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'];
  return { credentials: {}, prefix, uid: 0, gid: 0 };
}

async function findNobody(): Promise<{ uid: number; gid: number } | null> {
  try {
    const ask = async (flag: string) => Number((await execute('id', [flag, 'nobody'])).stdout);
    return { uid: await ask('-u'), gid: await ask('-g') };
  } catch {
    return null;
  }
}

async function canReach(account: Account, postgres: string, parent: string): Promise<boolean> {
  return runAs(account, ['/bin/sh', '-c', '"$1" --version && cd "$2"', 'sh', postgres, parent]).then(
    () => true,
    () => false,
  );
}
