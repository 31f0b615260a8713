/**
 * initdb asks the system for the name of its user. A container that runs as any number (OpenShift, `docker run --user`) has no
 * such name: nss_wrapper, if it is installed, answers in place of /etc/passwd, as in PostgreSQL's own image.
 */
import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { EmbeddedError } from './embedded-error.ts';

const LIBRARY = 'libnss_wrapper.so';
const LIBRARY_FOLDERS = ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/lib', '/lib64'];

/** Of this process; null where its user has a name. */
export function findNamelessUser(): number | null {
  try {
    userInfo();
    return null;
  } catch {
    return process.getuid?.() ?? null;
  }
}

/**
 * @param use is given variables for the environment of initdb
 * @throws EmbeddedError where there is no nss_wrapper
 */
export async function withUserName<T>(
  uid: number,
  use: (environment: Readonly<Record<string, string>>) => Promise<T>,
  folders: readonly string[] = LIBRARY_FOLDERS,
): Promise<T> {
  const library = await findLibrary(folders);
  if (library === null) {
    throw new EmbeddedError(
      `the user ${uid} has no entry in /etc/passwd, and PostgreSQL needs its name to make the embedded database: install ` +
        'libnss-wrapper, run as a user that has one, or set DATABASE_URL to a PostgreSQL',
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-user-'));
  try {
    const [passwd, group] = [join(folder, 'passwd'), join(folder, 'group')];
    const gid = process.getgid?.() ?? uid;
    await writeFile(passwd, `lapwing:x:${uid}:${gid}:Lapwing:/:/bin/false\n`);
    await writeFile(group, `lapwing:x:${gid}:\n`);
    return await use({ LD_PRELOAD: library, NSS_WRAPPER_PASSWD: passwd, NSS_WRAPPER_GROUP: group });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Debian has libraries below a folder of the architecture. */
async function findLibrary(folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const inner = await readdir(folder).catch(() => []);
    for (const path of ['', ...inner.filter((name) => name.endsWith('-linux-gnu'))]) {
      const library = join(folder, path, LIBRARY);
      if (
        await access(library).then(
          () => true,
          () => false,
        )
      )
        return library;
    }
  }
  return null;
}
