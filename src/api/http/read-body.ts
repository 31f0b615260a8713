/** The bytes of a request, as they come. */
import type { IncomingMessage } from 'node:http';

/**
 * Reads all of them, or stops as soon as they are too many.
 * @throws what `tooLarge` makes; whatever the connection fails with
 */
export async function readBoundedBody(
  request: IncomingMessage,
  mostBytes: number,
  tooLarge: (mostBytes: number) => Error,
): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge(mostBytes);
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Destroyed by a loop that ends early, it would take its connection along, and the refusal with it.
  const parts = request.iterator({ destroyOnReturn: false });
  // Bytes are Buffers: nobody set an encoding on this request.
  for await (const chunk of parts as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw tooLarge(mostBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
