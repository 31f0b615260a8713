/** The built page: its one HTML file at every address of the page, its assets by their hashed names. */
import type { IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { readBuiltFiles, type BuiltFile } from './page-files.ts';
import type { Handler } from '../server.ts';

/** Where the page's own addresses are; which of them shows what, the page itself decides. */
export const PAGE_PATHS: readonly string[] = [
  '/',
  '/metric/*',
  '/add',
  '/add/*',
  '/incidents',
  '/incidents/*',
  '/unmonitored',
  '/rules',
  '/rules/*',
  '/maintenance',
  '/messages',
  '/server',
  '/server/*',
];
/** What the page loads. */
export const ASSET_PATHS: readonly string[] = ['/assets/*', '/favicon.svg'];

/** The same from the source and from the compiled program: both lie two folders below the package. */
const BUILT_PAGE_FOLDER = fileURLToPath(new URL('../../../../dist/web', import.meta.url));

const PAGE_FILE = '/page.html';
const NOT_BUILT =
  'The page is not built. Run `npm run build` and start the server again; the API is at /graphql meanwhile.\n';
/** Everything from this server alone, no code and no style within the HTML, under no page of anybody else's. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** A browser that opens an address: whatever is there, it wants a page. */
export function isForPage({ method, headers }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && headers.accept?.includes('text/html') === true;
}

/**
 * @param folder what Vite built; read once, at the first request
 * @returns for the page's own addresses and for its assets alike; at any other address the page says that there is
 *   nothing, with status 404
 */
export function createPageHandler(folder: string = BUILT_PAGE_FOLDER): Handler {
  let files: Promise<ReadonlyMap<string, BuiltFile>> | undefined;
  return async (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    files ??= readBuiltFiles(folder);
    const built = await files;
    const path = readPath(request);
    const isAsset = ASSET_PATHS.some((known) => path === known || path.startsWith(known.replace('*', '')));
    const file = built.get(isAsset && path !== '/' ? path : PAGE_FILE);
    if (file === undefined) {
      // A page that is not built yet may be at the next request.
      if (built.size === 0) files = undefined;
      const [status, text] =
        built.size === 0 ? ([503, NOT_BUILT] as const) : ([404, 'no such file\n'] as const);
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
      return;
    }
    const headers = { ...describe(file), ...(file.type.startsWith('text/html') ? pageHeaders() : {}) };
    if (request.headers['if-none-match']?.includes(file.etag) === true) {
      response.writeHead(304, headers).end();
      return;
    }
    const { encoding, bytes } = chooseBody(file, request);
    response.writeHead(isAsset || isPagePath(path) ? 200 : 404, {
      ...headers,
      ...(encoding === null ? {} : { 'content-encoding': encoding }),
      'content-length': bytes.length,
    });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  };
}

function isPagePath(path: string): boolean {
  return PAGE_PATHS.some((known) =>
    known.endsWith('/*') ? path.startsWith(known.slice(0, -1)) : path === known,
  );
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

function pageHeaders(): Record<string, string> {
  return {
    'content-security-policy': POLICY,
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
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

function readPath({ url = '/' }: IncomingMessage): string {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
}
