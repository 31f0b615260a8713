/** The built page: its one HTML file at every address of the page, its assets by their hashed names. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BuiltPage } from './page-files.ts';
import type { Handler } from '../routes.ts';
import { sendJson } from '../send-json.ts';

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

const PAGE_FILE = '/page.html';
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
 * @returns for the page's own addresses and for its assets alike; at any other address the page says that there is
 *   nothing, with status 404
 */
export function createPageHandler(built: BuiltPage = new BuiltPage()): Handler {
  return async (request, response) => {
    if (!isRead(request, response, '; GraphQL is asked at /graphql')) return;
    const path = readPath(request);
    const isAsset = ASSET_PATHS.some((known) => path === known || path.startsWith(known.replace('*', '')));
    await built.send(isAsset && path !== '/' ? path : PAGE_FILE, request, response, {
      status: isAsset || isPagePath(path) ? 200 : 404,
      headers: ({ type }) => (type.startsWith('text/html') ? pageHeaders() : {}),
    });
  };
}

/** Whether it is a GET or HEAD; others are answered with 405. @param elsewhere where they may have been meant for */
export function isRead({ method = '' }: IncomingMessage, response: ServerResponse, elsewhere = ''): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  response.setHeader('allow', 'GET, HEAD');
  sendJson(response, 405, { error: `expected GET or HEAD, got ${method}${elsewhere}` });
  return false;
}

function isPagePath(path: string): boolean {
  return PAGE_PATHS.some((known) =>
    known.endsWith('/*') ? path.startsWith(known.slice(0, -1)) : path === known,
  );
}

function pageHeaders(): Record<string, string> {
  return {
    'content-security-policy': POLICY,
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
  };
}

function readPath({ url = '/' }: IncomingMessage): string {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
}
