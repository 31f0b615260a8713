/** The bytes of a request, as they come. */
import type { IncomingMessage } from 'node:http';

/** The client went away before all of its request had come: nobody waits for an answer, and nothing of ours failed. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';
}

/**
 * Reads all of them, or stops as soon as they are too many.
 * @throws what `tooLarge` makes; ClientGoneError
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
  try {
    // Bytes are Buffers: nobody set an encoding on this request.
    for await (const chunk of parts as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > mostBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    // Of all that can fail here: the connection.
    throw new ClientGoneError('the request ended before its end', { cause: error });
  }
  if (bytes > mostBytes) throw tooLarge(mostBytes);
  return Buffer.concat(chunks);
}
