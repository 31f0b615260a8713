/**
 * Takes Prometheus remote write, 1.0 and 2.0, at `POST /api/v1/write`.
 * https://prometheus.io/docs/specs/prw/remote_write_spec/ and …/remote_write_spec_2_0/
 *
 * 204: all of it is stored. 400: what is named is not, everything else is; senders do not try again. 503 with
 * Retry-After: send all of it again. The headers X-Prometheus-Remote-Write-*-Written say how much was taken; a stale
 * marker and a NaN count as taken, because senders report what is missing as lost.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RemoteWriteVersion } from '../../../core/ingest/remote-write/split-request.ts';
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
import { storeSeries, type StoreSeriesResult } from './store-series.ts';

const MEDIA_TYPE = 'application/x-protobuf';
/** The message a content type names by its parameter `proto`; 1.0 has no such parameter. */
const VERSIONS: ReadonlyMap<string, RemoteWriteVersion> = new Map([
  ['prometheus.WriteRequest', 1],
  ['io.prometheus.write.v2.Request', 2],
]);

export function createRemoteWriteHandler(options: PushOptions): Handler {
  return async (request, response) => {
    const { refusal, result } = await write(request, options);
    if (refusal !== null) options.onFailure?.(request, `remote_write_${refusal.status}`);
    answer(request, response, refusal, result);
  };
}

interface Outcome {
  readonly refusal: PushRefusal | null;
  /** Null when nothing was read. */
  readonly result: StoreSeriesResult | null;
}

async function write(request: IncomingMessage, { accept, admit, stats }: PushOptions): Promise<Outcome> {
  const admitted = admitPush(request, admit);
  if ('status' in admitted) return { refusal: admitted, result: null };
  const version = readVersion(request);
  if (typeof version !== 'number') return { refusal: version, result: null };
  try {
    // Some senders do not say that it is Snappy, which it always was before 2.0: Prometheus takes it for that, too.
    const body = await readPushBody(request, MAX_PUSH_BYTES, ['snappy'], 'snappy');
    const result = await storeSeries(body, { version, accept, ...admitted, stats });
    return { refusal: describe(result), result };
  } catch (error) {
    return { refusal: refuseFailure(error), result: null };
  }
}

function readVersion({ headers }: IncomingMessage): RemoteWriteVersion | PushRefusal {
  const given = headers['content-type'] ?? MEDIA_TYPE;
  const [mediaType = '', ...parameters] = given.split(';').map((part) => part.trim());
  const proto = parameters.find((parameter) => parameter.toLowerCase().startsWith('proto='));
  const version = proto === undefined ? 1 : VERSIONS.get(proto.slice('proto='.length).replaceAll('"', ''));
  if (mediaType.toLowerCase() === MEDIA_TYPE && version !== undefined) return version;
  const expected = [...VERSIONS.keys()].map((name) => `${MEDIA_TYPE};proto=${name}`).join(' or ');
  return {
    status: 415,
    message: `content-type: expected ${expected}, got ${JSON.stringify(given.slice(0, 100))}`,
  };
}

function describe({ samples, histograms, faults, stopped }: StoreSeriesResult): PushRefusal | null {
  if (faults.count === 0 && stopped === null) return null;
  const parts = [`partial write: ${samples} samples and ${histograms} histograms stored`];
  if (stopped !== null) parts.push(`the rest was not read: ${stopped.reason}`);
  if (faults.count > 0) parts.push(`${faults.count} left out: ${faults.describe('series')}`);
  return { status: stopped?.status ?? 400, message: parts.join('; ') };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: PushRefusal | null,
  result: StoreSeriesResult | null,
): void {
  if (response.destroyed) return;
  response.setHeader('x-prometheus-remote-write-samples-written', result?.samples ?? 0);
  response.setHeader('x-prometheus-remote-write-histograms-written', result?.histograms ?? 0);
  response.setHeader('x-prometheus-remote-write-exemplars-written', 0);
  if (refusal === null) {
    response.writeHead(204).end();
    return;
  }
  prepareRefusal(request, response, refusal);
  // Prometheus logs the first line of the text.
  response.writeHead(refusal.status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${refusal.message.replaceAll(/[\r\n]+/g, ' ')}\n`);
}
