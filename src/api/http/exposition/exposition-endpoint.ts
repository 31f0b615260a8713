/**
 * Takes what is written for scrapers, where it is pushed: at `/api/v1/import/prometheus`, as VictoriaMetrics has it, and at
 * `/metrics/job/…`, as the Pushgateway has it.
 * https://docs.victoriametrics.com/victoriametrics/url-examples/#apiv1importprometheus
 * https://github.com/prometheus/pushgateway#api
 *
 * 204 of an import, 200 of a push: every line is stored. 400: those named are not, all others are. 503 with Retry-After:
 * send all of it again. A group is no store of newest values, as it is to the Pushgateway: each push is a point of each of its
 * series, and a DELETE has nothing to take away.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseGroup } from '../../../core/ingest/exposition/parse-group.ts';
import type { ExpositionFormat } from '../../../core/ingest/exposition/parse-line.ts';
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
import { storeFamilies } from './store-families.ts';
import { storeLines, type StoreLinesResult } from './store-lines.ts';

export const IMPORT_PATH = '/api/v1/import/prometheus';
/** Of the Pushgateway; below them come the labels of the group. */
export const GROUP_PATHS = ['/metrics/job', '/metrics/job@base64'] as const;

const GROUP = /\/metrics\/(job(?:@base64)?\/.*)$/;
/** What the library for Go sends unless a format is set: families, each with its length before it. */
const PROTOBUF = 'application/vnd.google.protobuf';
const DELIMITED = /;\s*encoding\s*=\s*"?delimited"?\s*(?:;|$)/;

export function createExpositionHandler(options: PushOptions): Handler {
  return async (request, response) => {
    const refusal = await take(request, options);
    if (response.destroyed) return;
    if (refusal === null) {
      response.writeHead(okStatus(request)).end();
      return;
    }
    options.onFailure?.(request, `exposition_${refusal.status}`);
    refuse(request, response, refusal);
  };
}

async function take(
  request: IncomingMessage,
  { accept, admit, stats, now = Date.now }: PushOptions,
): Promise<PushRefusal | null> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const group = GROUP.exec(url.pathname)?.[1];
  const methods = group === undefined ? listImportMethods(request) : ['POST', 'PUT', 'DELETE'];
  const admitted = admitPush(request, admit, { methods });
  if ('status' in admitted) return admitted;
  const ofGroup = group === undefined ? new Map<string, string>() : parseGroup(group);
  if (typeof ofGroup === 'string') return { status: 400, message: ofGroup };
  if (request.method === 'DELETE') return null;
  const format = readFormat(request);
  if (typeof format !== 'string') return format;
  const arrivalMs = readTimestamp(url.searchParams, now());
  const extra = readExtraLabels(url.searchParams);
  if (typeof arrivalMs !== 'number') return arrivalMs;
  if ('status' in extra) return extra;
  const labels = new Map([...ofGroup, ...extra]);
  try {
    const body = await readPushBody(request, MAX_PUSH_BYTES);
    const store = { arrivalMs, labels, accept, ...admitted, stats };
    return format === 'protobuf'
      ? describe(await storeFamilies(body, store), 'family')
      : describe(await storeLines(body, { format, ...store }), 'line');
  } catch (error) {
    return refuseFailure(error);
  }
}

/** The library of VictoriaMetrics for Go pushes by GET, with a body, which no browser does. */
function listImportMethods({ headers }: IncomingMessage): readonly string[] {
  const hasBody = Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined;
  return hasBody ? ['POST', 'PUT', 'GET'] : ['POST', 'PUT'];
}

/** Anything else than these is text of Prometheus: shells send forms. */
function readFormat({ headers }: IncomingMessage): ExpositionFormat | 'protobuf' | PushRefusal {
  const given = (headers['content-type'] ?? '').toLowerCase();
  const mediaType = given.split(';', 1)[0]?.trim();
  if (mediaType !== PROTOBUF) return mediaType === 'application/openmetrics-text' ? 'openmetrics' : 'text';
  if (DELIMITED.test(given)) return 'protobuf';
  const expected = `${PROTOBUF}; proto=io.prometheus.client.MetricFamily; encoding=delimited`;
  return {
    status: 415,
    message: `content-type: expected ${expected}, got ${JSON.stringify(given.slice(0, 150))}`,
  };
}

/** Of an import, in milliseconds. */
function readTimestamp(parameters: URLSearchParams, nowMs: number): number | PushRefusal {
  const text = parameters.get('timestamp');
  if (text === null) return nowMs;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  return {
    status: 400,
    message: `timestamp: expected milliseconds since 1970, got ${JSON.stringify(text.slice(0, 50))}`,
  };
}

/** Of an import: `extra_label=NAME=VALUE`, as often as one likes. */
function readExtraLabels(parameters: URLSearchParams): ReadonlyMap<string, string> | PushRefusal {
  const labels = new Map<string, string>();
  for (const text of parameters.getAll('extra_label')) {
    const end = text.indexOf('=');
    if (end < 1) {
      return {
        status: 400,
        message: `extra_label: expected NAME=VALUE, got ${JSON.stringify(text.slice(0, 50))}`,
      };
    }
    labels.set(text.slice(0, end), text.slice(end + 1));
  }
  return labels;
}

function describe(
  { samples, faults, stopped }: StoreLinesResult,
  place: 'line' | 'family',
): PushRefusal | null {
  if (faults.count === 0 && stopped === null) return null;
  const parts = [`partial write: ${samples} samples stored`];
  if (stopped !== null) parts.push(`the rest was not read: ${stopped.reason}`);
  if (faults.count > 0) parts.push(`${faults.count} left out: ${faults.describe(place)}`);
  return { status: stopped?.status ?? 400, message: parts.join('; ') };
}

function okStatus({ method, url = '' }: IncomingMessage): number {
  if (url.startsWith(IMPORT_PATH)) return 204;
  return method === 'DELETE' ? 202 : 200;
}

function refuse(request: IncomingMessage, response: ServerResponse, refusal: PushRefusal): void {
  prepareRefusal(request, response, refusal);
  response.writeHead(refusal.status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${refusal.message.replaceAll(/[\r\n]+/g, ' ')}\n`);
}
