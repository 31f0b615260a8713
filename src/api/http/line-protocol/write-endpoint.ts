/**
 * Takes line protocol as InfluxDB does: `POST /api/v2/write` of version 2, `POST /write` of version 1 and
 * `POST /api/v3/write_lp` of version 3.
 * https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite
 * https://docs.influxdata.com/influxdb3/core/write-data/http-api/v3-write-lp/
 *
 * 204: every line is stored. 400: those named are not, all others are. 503 with Retry-After: send all of it again.
 * Organisation, bucket and database are taken and mean nothing here. The token is an API key with the scope INGEST; in
 * version 1 it is the password, of any user, in the header or, as that protocol has it, in the address.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Precision, PRECISIONS } from '../../../core/ingest/line-protocol/parse-line.ts';
import {
  admitPush,
  MAX_PUSH_BYTES,
  prepareRefusal,
  type PushOptions,
  type PushRefusal,
  refuseFailure,
} from '../push/admit-push.ts';
import { readPushBody } from '../push/push-body.ts';
import type { Handler } from '../routes.ts';
import { sendJson } from '../send-json.ts';
import { writeLines, type WriteResult } from './write-lines.ts';

/** Version 1 calls nanoseconds n and microseconds u, version 3 writes units out; 2 and 3 have no minutes or hours. */
const UNITS: ReadonlyMap<string, Precision> = new Map([
  ['n', 'ns'],
  ['u', 'us'],
  ['µ', 'us'],
  ['nanosecond', 'ns'],
  ['microsecond', 'us'],
  ['millisecond', 'ms'],
  ['second', 's'],
]);

type Version = 1 | 2 | 3;

interface Refusal extends PushRefusal {
  readonly lines?: WriteResult['shown'];
  readonly stored?: number;
}

interface WrittenRefusal extends PushRefusal {
  readonly lines: WriteResult['shown'] | undefined;
  readonly stored: number | undefined;
}

/** As InfluxDB 2 names them. */
const CODES: Readonly<Record<PushRefusal['status'], string>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  405: 'method not allowed',
  413: 'request too large',
  415: 'invalid',
  429: 'too many requests',
  503: 'unavailable',
};

/** @param version says how errors are written: 1 as `{ error }`, 2 as `{ code, message }`, 3 as `{ error, data }` */
export function createWriteHandler(version: Version, options: PushOptions): Handler {
  return async (request, response) => {
    const refusal = await write(version, request, options);
    if (refusal === null) {
      response.writeHead(204).end();
      return;
    }
    options.onFailure?.(request, CODES[refusal.status]);
    refuse(version, request, response, refusal);
  };
}

/** @returns null when every line is stored */
async function write(
  version: Version,
  request: IncomingMessage,
  options: PushOptions,
): Promise<Refusal | null> {
  const parameters = new URL(request.url ?? '/', 'http://localhost').searchParams;
  const admitted = admitPush(request, options.admit, {
    fallbackKey: version === 1 ? parameters.get('p') : null,
  });
  if ('status' in admitted) return admitted;
  if (version === 3 && parameters.get('accept_partial') === 'false') {
    const message = 'accept_partial: expected true: each line is stored or left out by itself';
    return { status: 400, message };
  }
  const precision = readPrecision(parameters, version);
  if (typeof precision !== 'string') return precision;
  try {
    const body = await readPushBody(request, MAX_PUSH_BYTES);
    const { accept, stats, now = Date.now } = options;
    return describe(await writeLines(body, { precision, arrivalMs: now(), accept, ...admitted, stats }));
  } catch (error) {
    return refuseFailure(error);
  }
}

function readPrecision(parameters: URLSearchParams, version: Version): Precision | Refusal {
  const text = parameters.get('precision') ?? (version === 3 ? 'auto' : 'ns');
  if (version === 3 && text === 'auto') return text;
  const precision = PRECISIONS.find((known) => known === (UNITS.get(text) ?? text));
  if (precision !== undefined) return precision;
  const message = `precision: expected ${PRECISIONS.join(', ')}, n or u, got ${JSON.stringify(text.slice(0, 20))}`;
  return { status: 400, message };
}

function describe({ points, faults, shown, stopped }: WriteResult): Refusal | null {
  if (stopped !== null) {
    const message = `partial write: ${points} points stored, nothing behind line ${stopped.line} was read: ${stopped.reason}`;
    return { status: 413, message, lines: shown, stored: points };
  }
  if (faults === 0) return null;
  const list = shown.map(({ line, reason }) => `line ${line}: ${reason}`).join('; ');
  const more = faults > shown.length ? `; and ${faults - shown.length} more` : '';
  // What senders of version 1 look for in the text: "partial write" is not to be sent again.
  const message = `partial write: ${points} points stored, dropped=${faults}: ${list}${more}`;
  return { status: 400, message, lines: shown, stored: points };
}

function refuse(
  version: Version,
  request: IncomingMessage,
  response: ServerResponse,
  { status, message, lines, stored }: Refusal,
): void {
  if (response.destroyed) return;
  prepareRefusal(request, response, { status });
  sendJson(response, status, ERRORS[version]({ status, message, lines, stored }));
}

/** As each version of InfluxDB writes them. */
const ERRORS: Readonly<Record<Version, (refusal: WrittenRefusal) => object>> = {
  1: ({ message }) => ({ error: message }),
  2: ({ status, message, lines, stored }) => {
    const [first] = lines ?? [];
    const places = first === undefined ? {} : { line: first.line, lines, stored };
    return { code: CODES[status], message, ...places };
  },
  3: ({ message, lines = [] }) => ({
    error: message,
    data: lines.map(({ line, reason }) => ({ line_number: line, error_message: reason })),
  }),
};
