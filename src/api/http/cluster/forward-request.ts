/** Requests that a replica passes on to the leader as they are: everything that writes. */
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { ReadAddress } from '../../../core/access/client-address.ts';
import {
  FORWARDED_HEADER,
  type ForwardedHeader,
  isForwarded,
} from '../../../platform/cluster/forwarded-header.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { Log } from '../../../log.ts';
import type { Handler } from '../routes.ts';
import { sendJson } from '../send-json.ts';
import type { LeaderConnections } from '../../../platform/cluster/leader-connections.ts';

export interface ForwardOptions {
  readonly leader: Pick<LeaderConnections, 'open'>;
  readonly header: Pick<ForwardedHeader, 'write'>;
  readonly readAddress: ReadAddress;
  /** Resolves once this replica knows what the leader has done. */
  readonly catchUp: () => Promise<void>;
  readonly stats: Pick<Stats, 'count'>;
  readonly log: Log;
}

/** They are about one connection: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1. The leader is not asked whether to go on. */
const OF_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
]);
const NO_LEADER = 'the cluster has no leader just now: try again in a moment';
const NO_ANSWER = 'the leader ended before it answered: it may have done what was asked, or not';
const RETRY_SECONDS = 1;

/** Its answer is passed back as it comes, once this replica knows what it has done. */
export function createForward(options: ForwardOptions): Handler {
  const { leader, header, readAddress, stats, log } = options;
  return async (request, response) => {
    if (isForwarded(request.headers)) {
      refuse(response, 'this member of the cluster does not lead any more: try again in a moment');
      return;
    }
    stats.count('requests_forwarded');
    const sent = await leader.open({
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: { ...passHeaders(request.headers), [FORWARDED_HEADER]: header.write(readAddress(request)) },
    });
    if (sent === null) {
      stats.count('forwards_failed');
      refuse(response, NO_LEADER);
      return;
    }
    response.once('close', () => sent.destroy());
    try {
      const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
      // The leader may answer before it has read all; a client that goes away ends both.
      pipeline(request, sent).catch(() => undefined);
      const [answer] = await answered;
      await passBack(request, response, answer, options);
    } catch (error) {
      if (response.destroyed) return;
      stats.count('forwards_failed');
      log.warn({ err: error }, 'the leader did not answer a request that was passed on to it');
      if (response.headersSent) response.destroy();
      else refuse(response, NO_ANSWER);
    }
  };
}

async function passBack(
  request: IncomingMessage,
  response: ServerResponse,
  answer: IncomingMessage,
  { catchUp }: ForwardOptions,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') await catchUp();
  response.writeHead(answer.statusCode ?? 502, passHeaders(answer.headers));
  await pipeline(answer, response);
}

/** Without those of the connection; each as often as it came. */
function passHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const passed: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !OF_CONNECTION.has(name) && !named.includes(name)) passed[name] = value;
  }
  return passed;
}

function refuse(response: ServerResponse, error: string): void {
  response.setHeader('retry-after', RETRY_SECONDS);
  // A body that was not read cannot be followed by another request.
  response.setHeader('connection', 'close');
  sendJson(response, 503, { error, code: 'RETRY_LATER' });
}
