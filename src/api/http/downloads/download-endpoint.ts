/** `GET /download/TOKEN`: what a signed link is for, streamed from the database at the pace of the client. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Callers } from '../../../core/access/callers.ts';
import type { Archive } from '../../../core/transfer/archive.ts';
import { SAMPLE_FORMATS } from '../../../core/transfer/download-format.ts';
import type {
  ArchiveDownload,
  DownloadLinks,
  SamplesDownload,
  SignedDownload,
} from '../../../core/transfer/download-link.ts';
import { NotFoundError } from '../../../errors.ts';
import type { Log } from '../../../log.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import { runWithin } from '../../../platform/outbound/time-limit.ts';
import { sendTarGz } from './archive-tar.ts';
import type { Handler } from '../routes.ts';
import { sendJson } from '../send-json.ts';

export const DOWNLOAD_PATH = '/download/';

/** Each holds a connection of the database while it lasts. */
const MAX_AT_ONCE = 3;
const RETRY_SECONDS = 10;
/** A client may be slow, but its view of the database may not stay open for ever. */
const MAX_MS = 30 * 60_000;

export interface DownloadOptions {
  readonly links: Pick<DownloadLinks, 'open'>;
  /** A link is worth as much as the key or session that asked for it, and ends with it, also while it is read. */
  readonly callers: Pick<Callers, 'isStill' | 'watch'>;
  readonly archive: Archive;
  readonly stats: Stats;
  readonly log: Log;
  readonly now?: () => Date;
}

/** To be routed for everything below DOWNLOAD_PATH. A link needs no key: it is one. */
export function createDownloadHandler(options: DownloadOptions): Handler {
  const { links, callers, stats, log, now = () => new Date() } = options;
  let running = 0;
  return async (request, response) => {
    response.setHeader('cache-control', 'private, no-store');
    const signed = request.method === 'GET' ? links.open(readToken(request)) : 'not read';
    if (typeof signed === 'string') {
      refuse(response, signed);
      return;
    }
    if (!callers.isStill(signed)) {
      refuse(response, 'revoked');
      return;
    }
    if (running >= MAX_AT_ONCE) {
      refuse(response, 'busy');
      return;
    }
    running += 1;
    try {
      await send(signed, response, options, now());
      stats.count('downloads_sent');
    } catch (error) {
      if (error instanceof NotFoundError && !response.headersSent) {
        refuse(response, 'gone');
        return;
      }
      stats.count('downloads_cut');
      log.debug({ err: error }, 'a download was cut short');
      response.destroy();
    } finally {
      running -= 1;
    }
  };
}

const REFUSALS = {
  'not read': { status: 405, error: 'expected GET', header: ['allow', 'GET'] },
  forged: {
    status: 403,
    error: 'this link was not made by this server: ask for a new one',
  },
  expired: { status: 410, error: 'this link has ended: ask for a new one' },
  revoked: { status: 403, error: 'the key or session that asked for this link has ended' },
  replaced: { status: 403, error: 'the key that asked for this link is no longer that of LAPWING_API_KEY' },
  gone: { status: 404, error: 'the metric was deleted' },
  busy: {
    status: 503,
    error: `${MAX_AT_ONCE} downloads are under way: try again in a moment`,
    header: ['retry-after', String(RETRY_SECONDS)],
  },
} as const;

function refuse(response: ServerResponse, why: keyof typeof REFUSALS): void {
  const refusal = REFUSALS[why];
  if ('header' in refusal) response.setHeader(refusal.header[0], refusal.header[1]);
  sendJson(response, refusal.status, { error: refusal.error });
}

async function send(
  signed: SignedDownload,
  response: ServerResponse,
  { archive, callers }: DownloadOptions,
  now: Date,
): Promise<void> {
  const { what } = signed;
  const revoked = new AbortController();
  const unwatch = callers.watch(signed, () => revoked.abort());
  try {
    await runWithin({ limitMs: MAX_MS, stopped: revoked.signal }, (signal) =>
      what.kind === 'archive'
        ? sendArchive(what, response, archive, now, signal)
        : sendSamples(what, response, archive, now, signal),
    );
  } finally {
    unwatch();
  }
}

async function sendArchive(
  what: ArchiveDownload,
  response: ServerResponse,
  archive: Archive,
  now: Date,
  signal: AbortSignal,
) {
  const files = archive.readFiles(what);
  // Whether there is such a metric is known with the first file, and has to be before the status is sent.
  const first = await files.next();
  announce(response, 'application/gzip', nameArchive(what.metricId, now));
  await sendTarGz(resume(first, files), response, signal);
}

async function sendSamples(
  what: SamplesDownload,
  response: ServerResponse,
  archive: Archive,
  now: Date,
  signal: AbortSignal,
) {
  const { contentType, extension } = SAMPLE_FORMATS[what.format];
  announce(response, contentType, `metric_data_${writeTime(now)}.${extension}`);
  await pipeline(Readable.from(archive.readSamples(what)), response, { signal });
}

/** A generator whose first value was taken already. */
async function* resume<T>(first: IteratorResult<T>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    if (first.done !== true) yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

function announce(response: ServerResponse, contentType: string, fileName: string): void {
  response.writeHead(200, {
    'content-type': contentType,
    'content-disposition': `attachment; filename="${fileName}"`,
    // A proxy that gathers the answer first would undo the streaming.
    'x-accel-buffering': 'no',
  });
}

function readToken({ url = '/' }: IncomingMessage): string {
  return new URL(url, 'http://localhost').pathname.slice(DOWNLOAD_PATH.length);
}

/** As HTM-IT named them. */
export function nameArchive(metricId: string, at: Date): string {
  return `metric_dump_${metricId}_${writeTime(at)}.tar.gz`;
}

/** YYYYmmdd-HHMMSS in UTC. */
function writeTime(at: Date): string {
  return at.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
}
