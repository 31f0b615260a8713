/**
 * npm packages cannot hold symbolic links, so that of PostgreSQL makes those of its libraries in an install script. Where
 * install scripts are switched off (npm 12, pnpm, --ignore-scripts) they are made here.
 */
import { access, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { EmbeddedError } from './embedded-error.ts';

/** Of the package's folder. */
const linkList = z.array(z.object({ source: z.string(), target: z.string() }));
type Link = z.infer<typeof linkList>[number];

/** Within the data folder. */
const LINKS_FOLDER = 'postgres-libraries';

/**
 * Makes the links that are missing: in the package, or in the data folder where the package belongs to somebody else, as after
 * `npm install --global`, or is on a disk that is only read.
 * @param postgres the program; its package is three folders above it
 * @param dataDir exists
 * @returns variables by which PostgreSQL's programs find their libraries; none where they are in the package
 * @throws EmbeddedError saying what to do
 */
export async function linkLibraries(
  postgres: string,
  dataDir: string,
  platform: string = process.platform,
): Promise<Readonly<Record<string, string>>> {
  const folder = dirname(dirname(dirname(postgres)));
  const listed = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = linkList.parse(JSON.parse(listed));
  try {
    for (const link of links) await linkInPackage(link, folder);
    return {};
  } catch (error) {
    // System Integrity Protection of macOS drops the variable that would be needed.
    if (platform !== 'linux') {
      throw new EmbeddedError(
        `the embedded PostgreSQL lacks links to its libraries, and they cannot be made in ${folder}: run "npm rebuild" as the ` +
          'owner of that folder, or set DATABASE_URL to a PostgreSQL of your own',
        { cause: error },
      );
    }
    const made = await linkBeside(links, folder, dataDir);
    // A library looks for others beside the link it was loaded by.
    return { LD_LIBRARY_PATH: `${made}:${join(folder, 'native', 'lib')}` };
  }
}

async function linkInPackage({ source, target }: Link, folder: string): Promise<void> {
  const link = join(folder, target);
  if (await exists(link)) return;
  try {
    await symlink(relative(dirname(link), join(folder, source)), link);
  } catch (error) {
    // Another server may be making the same links.
    if (!(await exists(link))) throw error;
  }
}

/** Anew at each start: the package may have become another one. */
async function linkBeside(links: readonly Link[], folder: string, dataDir: string): Promise<string> {
  const made = join(dataDir, LINKS_FOLDER);
  await rm(made, { recursive: true, force: true });
  await mkdir(made, { mode: 0o755 });
  for (const { source, target } of links) await symlink(join(folder, source), join(made, basename(target)));
  return made;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
