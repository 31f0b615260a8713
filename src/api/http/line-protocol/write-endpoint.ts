/**
 * Takes line protocol as InfluxDB does: `POST /api/v2/write` of version 2 and `POST /write` of version 1.
 * https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite
 *
 * 204: every line is stored. 400: those named are not, all others are. 503 with Retry-After: send all of it again.
 * Organisation, bucket and database are taken and mean nothing here. The token is an API key with the scope INGEST; in
 * version 1 it is the password, of any user, in the header or, as that protocol has it, in the address.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { accountToWrite } from '../../../core/access/caller.ts';
import type { Ingest, NamedPoint } from '../../../core/ingest/ingest.ts';
import { RetryLaterError } from '../../../errors.ts';
import { type Precision, PRECISIONS } from '../../../core/ingest/line-protocol/parse-line.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { Door } from '../guard-routes.ts';
import { type Handler, sendJson } from '../server.ts';
import { BodyError, readWriteBody } from './write-body.ts';
import { writeLines, type WriteResult } from './write-lines.ts';

export interface WriteOptions {
  readonly accept: Pick<Ingest, 'acceptNamed'>;
  readonly admit: Door['admit'];
  readonly stats: Stats;
  /** Milliseconds since 1970: the time of lines that have none. */
  readonly now?: () => number;
  /** Tells whoever watches the requests why one failed. */
  readonly onFailure?: (request: IncomingMessage, code: string) => void;
}

/** Version 1 calls nanoseconds n and microseconds u; version 2 has no minutes or hours. */
const UNITS: ReadonlyMap<string, Precision> = new Map([
  ['n', 'ns'],
  ['u', 'us'],
  ['µ', 'us'],
]);
const MAX_BYTES = 25_000_000;
const RETRY_SECONDS = 1;

interface Refusal {
  readonly status: number;
  /** As InfluxDB 2 names it. */
  readonly code: string;
  readonly message: string;
  readonly lines?: WriteResult['shown'];
  readonly stored?: number;
}

/** As InfluxDB names them. */
const CODES = { 401: 'unauthorized', 403: 'forbidden', 429: 'too many requests' } as const;

/** @param version says how errors are written: 2 as `{ code, message }`, 1 as `{ error }` */
export function createWriteHandler(version: 1 | 2, options: WriteOptions): Handler {
  return async (request, response) => {
    const refusal = await write(version, request, options);
    if (refusal === null) {
      response.writeHead(204).end();
      return;
    }
    options.onFailure?.(request, refusal.code);
    refuse(version, request, response, refusal);
  };
}

/** @returns null when every line is stored */
async function write(
  version: 1 | 2,
  request: IncomingMessage,
  options: WriteOptions,
): Promise<Refusal | null> {
  if (request.method !== 'POST') {
    return {
      status: 405,
      code: 'method not allowed',
      message: `expected POST, got ${request.method ?? 'none'}`,
    };
  }
  if (isCrossSite(request)) {
    return { status: 403, code: 'forbidden', message: 'pages of other sites may not write here' };
  }
  const parameters = new URL(request.url ?? '/', 'http://localhost').searchParams;
  const caller = options.admit(request, 'INGEST', version === 1 ? parameters.get('p') : null);
  if ('status' in caller) {
    return { status: caller.status, code: CODES[caller.status], message: caller.message };
  }
  const precision = readPrecision(parameters);
  if (typeof precision !== 'string') return precision;
  try {
    const body = await readWriteBody(request, MAX_BYTES);
    const { stats, now = Date.now } = options;
    const accept = {
      acceptNamed: (points: readonly NamedPoint[]) =>
        options.accept.acceptNamed(points, accountToWrite(caller)),
    };
    return describe(await writeLines(body, { precision, arrivalMs: now(), accept, stats }));
  } catch (error) {
    if (error instanceof RetryLaterError) return { status: 503, code: 'unavailable', message: error.message };
    if (!(error instanceof BodyError)) throw error;
    const code = error.status === 413 ? 'request too large' : 'invalid';
    return { status: error.status, code, message: error.message };
  }
}

function readPrecision(parameters: URLSearchParams): Precision | Refusal {
  const text = parameters.get('precision') ?? 'ns';
  const precision = PRECISIONS.find((known) => known === (UNITS.get(text) ?? text));
  if (precision !== undefined) return precision;
  const message = `precision: expected ${PRECISIONS.join(', ')}, n or u, got ${JSON.stringify(text.slice(0, 20))}`;
  return { status: 400, code: 'invalid', message };
}

function describe({ points, faults, shown, stopped }: WriteResult): Refusal | null {
  if (stopped !== null) {
    const message = `partial write: ${points} points stored, nothing behind line ${stopped.line} was read: ${stopped.reason}`;
    return { status: 413, code: 'request too large', message, lines: shown, stored: points };
  }
  if (faults === 0) return null;
  const list = shown.map(({ line, reason }) => `line ${line}: ${reason}`).join('; ');
  const more = faults > shown.length ? `; and ${faults - shown.length} more` : '';
  // What senders of version 1 look for in the text: "partial write" is not to be sent again.
  const message = `partial write: ${points} points stored, dropped=${faults}: ${list}${more}`;
  return { status: 400, code: 'invalid', message, lines: shown, stored: points };
}

function refuse(
  version: 1 | 2,
  request: IncomingMessage,
  response: ServerResponse,
  { status, code, message, lines, stored }: Refusal,
): void {
  if (response.destroyed) return;
  if (status === 503 || status === 429) response.setHeader('retry-after', RETRY_SECONDS);
  if (status === 401) response.setHeader('www-authenticate', 'Bearer');
  if (status === 405) response.setHeader('allow', 'POST');
  // What is left of a body is read and dropped: were the connection closed instead, the sender would meet a reset in
  // the place of the answer. The limit of the server on a request's time bounds it.
  request.resume();
  const [first] = lines ?? [];
  const places = first === undefined ? {} : { line: first.line, lines, stored };
  sendJson(response, status, version === 1 ? { error: message } : { code, message, ...places });
}

/** A browser sends plain text from any page to anywhere, and says whose page it is. */
function isCrossSite({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase();
}
