/**
 * GraphiQL at the path of the API, with nothing fetched from elsewhere. The page has 9 MB: it is made at the first
 * request, kept compressed, and sent once per browser.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { gunzip, gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { GRAPHIQL_TABS } from './graphiql-tabs.ts';
import type { Handler } from '../routes.ts';

interface Page {
  readonly zipped: Buffer;
  readonly etag: string;
  readonly policy: string;
}

/** Gives the page to browsers that open the address, and everything else to the API behind it. */
export function createGraphiqlHandler(api: Handler): Handler {
  let page: Promise<Page> | undefined;
  return async (request, response) => {
    if (!wantsPage(request)) {
      await api(request, response);
      return;
    }
    page ??= renderPage().catch((error: unknown) => {
      page = undefined;
      throw error;
    });
    const { zipped, etag, policy } = await page;
    const headers = {
      etag,
      vary: 'accept, accept-encoding',
      'cache-control': 'no-cache',
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      // Nobody lays it under a page of theirs.
      'x-frame-options': 'DENY',
    };
    if (request.headers['if-none-match']?.includes(etag) === true) {
      response.writeHead(304, headers).end();
    } else if (/\bgzip\b/.test(String(request.headers['accept-encoding']))) {
      response
        .writeHead(200, { ...headers, 'content-encoding': 'gzip', 'content-length': zipped.length })
        .end(zipped);
    } else {
      response.writeHead(200, headers).end(await promisify(gunzip)(zipped));
    }
  };
}

/** A browser asking for a page, not a query by GET. */
function wantsPage({ method, headers, url = '' }: IncomingMessage): boolean {
  return method === 'GET' && headers.accept?.includes('text/html') === true && !/[?&]query=/.test(url);
}

async function renderPage(): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const html = renderGraphiQL({
    title: 'Lapwing',
    endpoint: '/graphql',
    // By fetch, with the headers that are typed: a WebSocket would be opened without the key.
    subscriptionsProtocol: 'SSE',
    defaultTabs: GRAPHIQL_TABS.map((query) => ({ query })),
    inputValueDeprecation: true,
    schemaDescription: true,
  });
  const zipped = await promisify(gzip)(html, { level: 9 });
  const etag = `"${createHash('sha256').update(zipped).digest('base64url').slice(0, 22)}"`;
  return { zipped, etag, policy: writePolicy(html) };
}

/**
 * Only the scripts that the page was made with run, and nothing is fetched from or sent to another host. The editor
 * writes its styles into the page and starts its workers from blobs.
 */
function writePolicy(html: string): string {
  const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
    ([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  );
  return [
    "default-src 'none'",
    `script-src ${scripts.join(' ')}`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    'worker-src blob:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
