/**
 * `/embed/TOKEN`: a page that shows one metric, made to be put into other pages; `/embed/TOKEN/data` and
 * `/embed/TOKEN/live`: what it shows. The token is all that is asked for, so it is never logged and never cached.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { ReadAddress } from '../../../core/access/client-address.ts';
import type { StoredPanel } from '../../../core/access/panel-links/panel-link-store.ts';
import type { PanelLinks, PanelProblem } from '../../../core/access/panel-links/panel-links.ts';
import type { Log } from '../../../log.ts';
import { isOutage } from '../../../platform/postgres/outage.ts';
import { isRead } from '../page/page-endpoint.ts';
import type { BuiltPage } from '../page/page-files.ts';
import type { Handler } from '../routes.ts';
import { sendJson } from '../send-json.ts';

export const EMBED_PATH = '/embed/';
const EMBED_FILE = '/embed/embed.html';

const MIN_POINTS = 100;
const MAX_POINTS = 4_000;
const DEFAULT_POINTS = 1_000;
/** As the log writes its places. */
const CURSOR = /^[\w.~:=+/-]{1,200}$/;

/** What a panel shows; each refusal is answered with 429. */
export interface PanelSource {
  /** Counts a request. @returns why it is refused; null when it may be answered */
  readonly checkRate: (address: string) => string | null;
  readonly read: (panel: StoredPanel, maxPoints: number) => Promise<object>;
  /** @returns why it is refused; null when the response has begun */
  readonly follow: (
    panel: StoredPanel,
    links: Pick<PanelLinks, 'watch'>,
    client: {
      readonly address: string;
      readonly response: ServerResponse;
      readonly after: string | null;
      readonly pipe: (body: Readable) => void;
    },
  ) => Promise<string | null>;
}

export interface EmbedOptions {
  readonly links: Pick<PanelLinks, 'open' | 'watch'>;
  readonly panels: PanelSource;
  readonly built: BuiltPage;
  /** Whose pages may embed it, beside those of this server; `*` for any. */
  readonly embedOrigins: readonly string[];
  readonly readAddress: ReadAddress;
  /** Is called when a response has become a stream, which lasts as long as it is looked at. */
  readonly onStream: (request: IncomingMessage) => void;
  readonly log: Log;
}

const PROBLEMS: Readonly<Record<PanelProblem, { readonly status: number; readonly error: string }>> = {
  FORGED: { status: 403, error: 'This is no panel link of this server.' },
  REVOKED: { status: 403, error: 'This panel link was revoked.' },
  CREATOR_REVOKED: { status: 403, error: 'Who made this panel link may not any more.' },
  EXPIRED: { status: 410, error: 'This panel link has expired.' },
  GONE: { status: 404, error: 'The metric of this panel was deleted.' },
};
const UNKNOWN = { status: 404, error: 'A panel link has no such address.' };

/** To be routed for everything below EMBED_PATH. */
export function createEmbedHandler(options: EmbedOptions): Handler {
  const frameAncestors = writeAncestors(options.embedOrigins);
  return async (request, response) => {
    for (const [name, value] of Object.entries(PRIVATE)) response.setHeader(name, value);
    const address = readAddressOf(request);
    if (address.part !== '' && request.method !== 'GET') {
      response.writeHead(405, { allow: 'GET' }).end();
      return;
    }
    if (!isRead(request, response)) return;
    try {
      await answer(request, response, { ...options, ...address, frameAncestors });
    } catch (error) {
      if (!isOutage(error) || response.headersSent) throw error;
      options.log.debug({ err: error }, 'the database could not be asked for a panel');
      refuse(response, 503, 'the database cannot be asked just now: try again in a moment');
    }
  };
}

interface Asked extends EmbedOptions {
  readonly token: string;
  /** Of the panel; empty for the page itself. */
  readonly part: string;
  readonly query: URLSearchParams;
  readonly frameAncestors: string;
}

async function answer(request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> {
  const { links, panels, built, readAddress, frameAncestors, token, part, query } = asked;
  const refusal = panels.checkRate(readAddress(request));
  if (refusal !== null) {
    refuse(response, 429, refusal);
    return;
  }
  const panel = await links.open(token);
  const problem = typeof panel === 'string' ? { ...PROBLEMS[panel], code: panel } : null;
  if (part === '') {
    if (problem !== null) sendProblemPage(response, problem, frameAncestors);
    else await sendPage(built, request, response, frameAncestors);
  } else if (problem !== null) {
    sendJson(response, problem.status, { error: problem.error, code: problem.code });
  } else if (typeof panel === 'string' || !(part === 'data' || part === 'live')) {
    sendJson(response, UNKNOWN.status, { error: UNKNOWN.error });
  } else if (part === 'data') {
    const read = await panels.read(panel, readPoints(query));
    sendJson(response, 200, { hours: panel.hours, ...read });
  } else {
    await follow(panel, request, response, { ...asked, after: query.get('after') });
  }
}

async function follow(
  panel: StoredPanel,
  request: IncomingMessage,
  response: ServerResponse,
  { panels, links, readAddress, onStream, log, after }: EmbedOptions & { readonly after: string | null },
): Promise<void> {
  const refusal = await panels.follow(panel, links, {
    address: readAddress(request),
    response,
    after: after !== null && CURSOR.test(after) ? after : null,
    pipe: (body) => {
      onStream(request);
      body.on('error', (error) => {
        log.debug({ err: error }, 'the stream of a panel broke');
        response.destroy();
      });
      // The viewer may have gone while it was begun.
      if (response.destroyed) body.destroy();
      response.once('close', () => body.destroy());
      body.pipe(response);
    },
  });
  if (refusal !== null) refuse(response, 429, refusal);
}

/** No referrer and no cache: the address is a secret. */
const PRIVATE = { 'cache-control': 'private, no-store', 'referrer-policy': 'no-referrer' } as const;

/** What may show it: never `X-Frame-Options`, which knows no list. */
function writeAncestors(origins: readonly string[]): string {
  return `frame-ancestors ${origins.includes('*') ? '*' : ["'self'", ...origins].join(' ')}`;
}

function sendPage(
  built: BuiltPage,
  request: IncomingMessage,
  response: ServerResponse,
  frameAncestors: string,
): Promise<void> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    frameAncestors,
  ].join('; ');
  return built.send(EMBED_FILE, request, response, {
    status: 200,
    headers: () => ({ ...PRIVATE, 'content-security-policy': policy }),
  });
}

/** Words alone, which need neither scripts nor styles. */
function sendProblemPage(
  response: ServerResponse,
  { status, error }: { readonly status: number; readonly error: string },
  frameAncestors: string,
): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; base-uri 'none'; form-action 'none'; ${frameAncestors}`,
  });
  response.end(
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">' +
      '<meta name="color-scheme" content="light dark"><title>Lapwing</title>' +
      `<main><h1>No panel</h1><p>${error}</p></main></html>`,
  );
}

function refuse(response: ServerResponse, status: 429 | 503, error: string): void {
  response.setHeader('retry-after', '1');
  sendJson(response, status, { error, code: status === 429 ? 'TOO_MANY_REQUESTS' : 'RETRY_LATER' });
}

function readPoints(query: URLSearchParams): number {
  const points = Math.round(Number(query.get('points') ?? DEFAULT_POINTS));
  return Number.isFinite(points) ? Math.min(MAX_POINTS, Math.max(MIN_POINTS, points)) : DEFAULT_POINTS;
}

function readAddressOf({ url = '/' }: IncomingMessage) {
  const { pathname, searchParams: query } = new URL(url, 'http://localhost');
  const [token = '', part = '', ...more] = pathname.slice(EMBED_PATH.length).split('/');
  return { token, part: more.length > 0 ? 'unknown' : part, query };
}
