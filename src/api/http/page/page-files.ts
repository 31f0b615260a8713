/** What the build of the page left: every file in memory, with the compressed twins the build made. */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';

export interface BuiltFile {
  readonly type: string;
  readonly etag: string;
  /** Whether the name holds a hash of what is in it. */
  readonly isHashed: boolean;
  readonly plain: Buffer;
  readonly brotli: Buffer | null;
  readonly zipped: Buffer | null;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** By path, such as /assets/page-1a2b.js. Files of other types are left out; a folder that is not there is empty. */
export async function readBuiltFiles(folder: string): Promise<ReadonlyMap<string, BuiltFile>> {
  const names = await readdir(folder, { recursive: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const paths = names.map((name) => `/${name.replaceAll('\\', '/')}`);
  const known = new Set(paths);
  const served = paths.filter((path) => extname(path) in TYPES);
  return new Map(
    await Promise.all(served.map(async (path) => [path, await readBuiltFile(folder, path, known)] as const)),
  );
}

async function readBuiltFile(folder: string, path: string, known: ReadonlySet<string>): Promise<BuiltFile> {
  const readTwin = (twin: string) => (known.has(twin) ? readFile(join(folder, twin)) : null);
  const [plain, brotli, zipped] = await Promise.all([
    readFile(join(folder, path)),
    readTwin(`${path}.br`),
    readTwin(`${path}.gz`),
  ]);
  return {
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    isHashed: path.startsWith('/assets/'),
    plain,
    brotli,
    zipped,
  };
}
