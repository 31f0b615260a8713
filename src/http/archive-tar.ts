/** The archive of a metric as tar.gz, as it is sent: nothing of it waits in memory but what the client is slow to take. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack as createPack, type Pack } from 'tar-stream';
import type { ArchiveFile } from '../core/archive.ts';

/** @throws whatever reading throws, and AbortError when the client goes */
export async function sendTarGz(
  files: AsyncIterable<ArchiveFile>,
  output: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<void> {
  const pack = createPack();
  const sending = pipeline(Readable.from(pack), createGzip(), output, { signal });
  // Whichever fails first ends the other.
  const filling = fillPack(pack, files).catch((error: unknown) => {
    pack.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  });
  const [sent, filled] = await Promise.allSettled([sending.finally(() => pack.destroy()), filling]);
  if (filled.status === 'rejected') throw filled.reason;
  if (sent.status === 'rejected') throw sent.reason;
}

async function fillPack(pack: Pack, files: AsyncIterable<ArchiveFile>): Promise<void> {
  for await (const { name, bytes, content } of files) {
    const entry = pack.entry({ name, size: bytes });
    for await (const part of content) {
      if (pack.destroyed) throw new Error('the client went away');
      if (!entry.write(part)) await untilDrained(entry);
    }
    entry.end(null);
  }
  pack.finalize();
}

/** Until more may be written, or never will. */
function untilDrained(entry: ReturnType<Pack['entry']>): Promise<void> {
  return new Promise((resolve) => {
    entry.once('drain', () => resolve());
    entry.once('close', () => resolve());
  });
}
