/** What the build of the page left: every file in memory, with the compressed twins the build made. */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

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

/** The same from the source and from the compiled program: both lie two folders below the package. */
const BUILT_PAGE_FOLDER = fileURLToPath(new URL('../../../../dist/web', import.meta.url));
const NOT_BUILT =
  'The page is not built. Run `npm run build` and start the server again; the API is at /graphql meanwhile.\n';

export class BuiltPage {
  readonly #folder: string;
  #files: Promise<ReadonlyMap<string, BuiltFile>> | undefined;

  /** @param folder what Vite built; read once, at the first request */
  constructor(folder: string = BUILT_PAGE_FOLDER) {
    this.#folder = folder;
  }

  /**
   * Sends a file, or says that there is none, or that nothing is built.
   * @param send.headers beside those every file has; they count first
   */
  async send(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    send: {
      readonly status: number;
      readonly headers: (file: BuiltFile) => Readonly<Record<string, string>>;
    },
  ): Promise<void> {
    this.#files ??= readBuiltFiles(this.#folder);
    const built = await this.#files.catch((error: unknown) => {
      // Such as one that npm takes away while it installs another version.
      this.#files = undefined;
      throw error;
    });
    const file = built.get(path);
    if (file === undefined) {
      // A page that is not built yet may be at the next request.
      if (built.size === 0) this.#files = undefined;
      const [status, text] =
        built.size === 0 ? ([503, NOT_BUILT] as const) : ([404, 'no such file\n'] as const);
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
      return;
    }
    const headers = { ...describe(file), ...send.headers(file) };
    if (request.headers['if-none-match']?.includes(file.etag) === true) {
      response.writeHead(304, headers).end();
      return;
    }
    const { encoding, bytes } = chooseBody(file, request);
    response.writeHead(send.status, {
      ...headers,
      ...(encoding === null ? {} : { 'content-encoding': encoding }),
      'content-length': bytes.length,
    });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  }
}

function describe(file: BuiltFile): Record<string, string> {
  return {
    etag: file.etag,
    vary: 'accept-encoding',
    'content-type': file.type,
    // A name with a hash in it never means anything else.
    'cache-control': file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
}

function chooseBody(
  file: BuiltFile,
  { headers }: IncomingMessage,
): { readonly encoding: string | null; readonly bytes: Buffer } {
  const accepted = String(headers['accept-encoding']);
  if (file.brotli !== null && /\bbr\b/.test(accepted)) return { encoding: 'br', bytes: file.brotli };
  if (file.zipped !== null && /\bgzip\b/.test(accepted)) return { encoding: 'gzip', bytes: file.zipped };
  return { encoding: null, bytes: file.plain };
}

/** By path, such as /assets/page-1a2b.js. Files of other types are left out; a folder that is not there is empty. */
async function readBuiltFiles(folder: string): Promise<ReadonlyMap<string, BuiltFile>> {
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
