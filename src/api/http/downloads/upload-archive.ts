/**
 * Uploads archives by PUT. S3 wants to know the length beforehand, and that of a tar.gz is known when it is written: so
 * it is written to a file first, which also lets go of the database before the network is waited for.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Archive } from '../../../core/transfer/archive.ts';
import type { ArchiveUploads } from '../../../core/transfer/archive-upload.ts';
import type { ArchiveDownload } from '../../../core/transfer/download-link.ts';
import { InvalidInputError, RetryLaterError, SourceUnavailableError } from '../../../errors.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import { TargetRefusedError } from '../../../platform/outbound/check-address.ts';
import type { Outbound } from '../../../platform/outbound/outbound-client.ts';
import { messageOf } from '../../../platform/runtime/to-error.ts';
import { sendTarGz } from './archive-tar.ts';
import { nameArchive } from './download-endpoint.ts';

/** Each holds a connection of the database while it is written. */
const MAX_AT_ONCE = 2;
const MAX_MS = 10 * 60_000;
/** What S3 takes in one PUT. */
const MAX_BYTES = 5_000_000_000;

export function createArchiveUploads(options: {
  readonly archive: Pick<Archive, 'readFiles'>;
  readonly outbound: Outbound;
  readonly stats: Stats;
  readonly now?: () => Date;
}): ArchiveUploads {
  const { archive, outbound, stats, now = () => new Date() } = options;
  let running = 0;

  const write = (what: ArchiveDownload, file: string) =>
    sendTarGz(archive.readFiles(what), createWriteStream(file), AbortSignal.timeout(MAX_MS));

  const put = async (url: URL, file: string): Promise<number> => {
    const { size: bytes } = await stat(file);
    if (bytes > MAX_BYTES) {
      throw new SourceUnavailableError(`the archive has ${bytes} bytes, one PUT takes ${MAX_BYTES}`);
    }
    const headers = { 'content-type': 'application/gzip', 'user-agent': 'Lapwing' };
    const content = createReadStream(file);
    const { status } = await outbound
      .put({ url, headers, content, bytes, timeLimitMs: MAX_MS })
      .catch((error: unknown) => Promise.reject(explain(error)));
    if (status >= 200 && status < 300) return bytes;
    throw new SourceUnavailableError(`${url.host} answered ${status}: the archive is not there`);
  };

  return {
    upload: async (what, url) => {
      check(url, outbound);
      if (running >= MAX_AT_ONCE) {
        throw new RetryLaterError(`${MAX_AT_ONCE} uploads are under way: try again in a moment`);
      }
      running += 1;
      try {
        const fileName = nameArchive(what.metricId, now());
        const bytes = await withFile(async (file) => {
          await write(what, file);
          return put(url, file);
        });
        stats.count('archives_uploaded');
        return { fileName, bytes };
      } finally {
        running -= 1;
      }
    },
  };
}

/** Says what can be said without asking DNS. @throws InvalidInputError */
function check(url: URL, outbound: Outbound): void {
  try {
    outbound.check(url);
  } catch (error) {
    throw explain(error);
  }
}

/** The path of the address is a secret: no message has it. */
function explain(error: unknown): InvalidInputError | SourceUnavailableError {
  if (error instanceof TargetRefusedError) {
    return new InvalidInputError(`input.uploadUrl: ${error.message}`, ['input', 'uploadUrl']);
  }
  return new SourceUnavailableError(`the archive could not be sent: ${messageOf(error)}`);
}

async function withFile<T>(work: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-upload-'));
  try {
    return await work(join(folder, 'archive.tar.gz'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
