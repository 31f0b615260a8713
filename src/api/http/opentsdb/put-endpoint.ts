/**
 * Takes data points as OpenTSDB does: `POST /api/put`, one as an object or several in an array.
 * http://opentsdb.net/docs/build/html/api_http/put.html
 *
 * 204, or 200 with `summary` or `details`: every point is stored. 400: those named by `details` are not, all others are. 503 with
 * Retry-After: send all of it again.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseDataPoint } from '../../../core/ingest/opentsdb/parse-data-point.ts';
import { JsonShapeError, parseJson } from '../../../platform/bounded-input/parse-json.ts';
import { nextParseSlot } from '../../../platform/bounded-input/parse-slot.ts';
import {
  admitPush,
  prepareRefusal,
  type PushOptions,
  type PushRefusal,
  refuseFailure,
} from '../push/admit-push.ts';
import { PointParts, type StoreOptions } from '../push/point-parts.ts';
import { BodyError, readPushBody } from '../push/push-body.ts';
import type { Handler } from '../routes.ts';
import { sendJson } from '../send-json.ts';

export const PUT_PATH = '/api/put';
/** It is parsed at once: some 20 ms. OpenTSDB takes 4 kB unless it is set up otherwise. */
const MAX_PUT_BYTES = 2_000_000;
/** With the point as it came. */
const MAX_SHOWN = 100;

/** A point that is not stored. */
interface PutFault {
  readonly datapoint: unknown;
  readonly error: string;
}

interface PutResult {
  readonly success: number;
  readonly failed: number;
  /** The first of those that failed. */
  readonly errors: readonly PutFault[];
}

export function createPutHandler(options: PushOptions): Handler {
  return async (request, response) => {
    const result = await put(request, options);
    if (response.destroyed) return;
    if ('status' in result) refuse(request, response, result);
    else answer(request, response, result);
    const status = 'status' in result ? result.status : result.failed > 0 ? 400 : null;
    if (status !== null) options.onFailure?.(request, `opentsdb_${status}`);
  };
}

async function put(request: IncomingMessage, options: PushOptions): Promise<PutResult | PushRefusal> {
  const admitted = admitPush(request, options.admit);
  if ('status' in admitted) return admitted;
  try {
    const points = parseBody(await readPushBody(request, MAX_PUT_BYTES));
    return await storeDataPoints(points, { ...options, ...admitted });
  } catch (error) {
    return refuseFailure(error);
  }
}

/** @throws BodyError */
function parseBody(body: Buffer): readonly unknown[] {
  try {
    const parsed = parseJson(body);
    return Array.isArray(parsed) ? parsed : [parsed];
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    const what = error instanceof JsonShapeError ? 'the body' : 'the body is not JSON';
    throw new BodyError(400, `${what}: ${why}`, { cause: error });
  }
}

/** Stores the good ones; each bad one costs only itself. @throws RetryLaterError */
async function storeDataPoints(points: readonly unknown[], options: StoreOptions): Promise<PutResult> {
  const errors: PutFault[] = [];
  let failed = 0;
  const fail = (datapoint: unknown, error: string) => {
    failed += 1;
    if (errors.length < MAX_SHOWN) errors.push({ datapoint, error });
  };
  const parts = new PointParts<unknown>(options, fail);
  for (const datapoint of points) {
    const point = parseDataPoint(datapoint);
    if ('problem' in point) {
      options.stats.countReason('opentsdb_data_points_bad', point.problem);
      fail(datapoint, point.reason);
      continue;
    }
    parts.add(point, datapoint);
    if (!parts.isFull()) continue;
    await parts.handOver();
    await nextParseSlot();
  }
  await parts.handOver();
  return { success: parts.stored, failed, errors };
}

function answer(request: IncomingMessage, response: ServerResponse, { success, failed, errors }: PutResult) {
  const asked = new URL(request.url ?? '/', 'http://localhost').searchParams;
  const status = failed === 0 ? 200 : 400;
  if (asked.has('details')) sendJson(response, status, { errors, failed, success });
  else if (asked.has('summary')) sendJson(response, status, { failed, success });
  else if (failed === 0) response.writeHead(204).end();
  else {
    const [first] = errors;
    const message = `${failed} of ${failed + success} data points had errors, the first: ${first?.error ?? ''}`;
    sendJson(response, status, {
      error: { code: status, message, details: 'add ?details to see all of them' },
    });
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, { status, message }: PushRefusal): void {
  prepareRefusal(request, response, { status });
  sendJson(response, status, { error: { code: status, message } });
}
