import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findNamelessUser, withUserName } from '../../../../src/platform/postgres/embedded/nameless-user.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lapwing-nss-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Where a distribution puts the library. */
async function install(path: string): Promise<readonly string[]> {
  const root = await mkdtemp(join(folder, 'root-'));
  await mkdir(join(root, path), { recursive: true });
  await writeFile(join(root, path, 'libnss_wrapper.so'), '');
  return [join(root, 'none'), root];
}

describe('a user without a name', () => {
  it.each([
    ['Debian', 'x86_64-linux-gnu'],
    ['Debian on ARM', 'aarch64-linux-gnu'],
    ['Fedora', ''],
  ])('has one for initdb with the library of %s, and leaves nothing', async (_where, path) => {
    const folders = await install(path);
    const seen = await withUserName(
      1_000_680_000,
      async ({
        LD_PRELOAD: library = '',
        NSS_WRAPPER_PASSWD: passwd = '',
        NSS_WRAPPER_GROUP: group = '',
      }) => {
        expect((await stat(library)).isFile()).toBe(true);
        // passwd(5), group(5): name, password, numbers; then full name, home and shell.
        const gid = process.getgid?.() ?? 0;
        expect(await readFile(passwd, 'utf8')).toBe(`lapwing:x:1000680000:${gid}:Lapwing:/:/bin/false\n`);
        expect(await readFile(group, 'utf8')).toBe(`lapwing:x:${gid}:\n`);
        return passwd;
      },
      folders,
    );
    await expect(stat(seen)).rejects.toThrow('ENOENT');
  });

  it('leaves nothing where initdb fails', async () => {
    let seen = '';
    const failing = withUserName(
      7,
      ({ NSS_WRAPPER_PASSWD: passwd = '' }) => {
        seen = passwd;
        return Promise.reject(new Error('initdb failed'));
      },
      await install(''),
    );
    await expect(failing).rejects.toThrow('initdb failed');
    await expect(stat(seen)).rejects.toThrow('ENOENT');
  });

  it('is named with what helps where the library is not', async () => {
    const use = () => Promise.resolve();
    await expect(withUserName(7, use, [join(folder, 'none')])).rejects.toThrow(
      'the user 7 has no entry in /etc/passwd, and PostgreSQL needs its name to make the embedded database: install libnss-wrapper',
    );
  });

  it('is not the one of this test, which has one', () => {
    expect(findNamelessUser()).toBeNull();
  });
});
