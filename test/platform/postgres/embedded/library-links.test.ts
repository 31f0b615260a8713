/** Libraries of the embedded PostgreSQL where npm ran no install script: with the real programs, from a package without links. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPostgresBinaries } from '../../../../src/platform/postgres/embedded/binaries.ts';
import { linkLibraries } from '../../../../src/platform/postgres/embedded/library-links.ts';

const execute = promisify(execFile);

let folder: string;
let postgres: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lapwing-links-'));
  const found = await findPostgresBinaries();
  const package_ = dirname(dirname(dirname(found.postgres)));
  postgres = join(folder, 'package/native/bin/postgres');
  await cp(join(package_, 'native/bin'), dirname(postgres), { recursive: true });
  await cp(join(package_, 'native/lib'), join(folder, 'package/native/lib'), {
    recursive: true,
    filter: async (path) => !(await isListed(package_, path)),
  });
  await cp(join(package_, 'native/pg-symlinks.json'), join(folder, 'package/native/pg-symlinks.json'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Listed {
  readonly source: string;
  readonly target: string;
}

async function readLinks(package_: string): Promise<readonly Listed[]> {
  return JSON.parse(await readFile(join(package_, 'native/pg-symlinks.json'), 'utf8')) as readonly Listed[];
}

async function isListed(package_: string, path: string): Promise<boolean> {
  return (await readLinks(package_)).some(({ target }) => join(package_, target) === path);
}

/** Whoever asks, root too, cannot make links in a folder that is not there. */
async function keepFromLinking(): Promise<void> {
  const links = await readLinks(join(folder, 'package'));
  const elsewhere = links.map(({ source, target }) => ({
    source,
    target: target.replace('native/lib/', 'native/lib/missing/'),
  }));
  await writeFile(join(folder, 'package/native/pg-symlinks.json'), JSON.stringify(elsewhere));
}

/** Of both programs: they do not need the same libraries. */
async function readVersions(env: Readonly<Record<string, string>>): Promise<string> {
  const programs = [postgres, join(dirname(postgres), 'initdb')];
  const said = await Promise.all(programs.map((program) => execute(program, ['--version'], { env })));
  return said.map(({ stdout }) => stdout).join('');
}
const BOTH = /^postgres \(PostgreSQL\) [\d.]+\ninitdb \(PostgreSQL\) [\d.]+\n$/;

describe.skipIf(process.platform !== 'linux')('libraries without links', () => {
  it('keep PostgreSQL from starting, and are linked in their package', async () => {
    await expect(readVersions({})).rejects.toThrow(/error while loading shared libraries/);
    expect(await linkLibraries(postgres, folder)).toEqual({});
    expect(await readVersions({})).toMatch(BOTH);
  });

  it('are linked in the data folder where they cannot be in the package, anew at each start', async () => {
    await keepFromLinking();
    // As another version of the package left it.
    await linkLibraries(postgres, folder);
    await rm(join(folder, 'postgres-libraries/libpq.so.5'));
    await symlink('/gone/libold.so.1', join(folder, 'postgres-libraries/libold.so'));
    const environment = await linkLibraries(postgres, folder);
    expect(await readVersions(environment)).toMatch(BOTH);
    const made = await readdir(join(folder, 'postgres-libraries'));
    expect(made).toContain('libpq.so.5');
    expect(made).not.toContain('libold.so');
  });

  it('are an error that says what to do on a system that has no other place for them', async () => {
    await keepFromLinking();
    await expect(linkLibraries(postgres, folder, 'darwin')).rejects.toThrow(
      /cannot be made in .*package: run "npm rebuild" as the owner of that folder, or set DATABASE_URL/,
    );
  });
});
