/** Reads a request's body with a bound, before and after gunzip. */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { CloudwatchError } from '../cloudwatch/failure.ts';

const inflate = promisify(gunzip);

function tooLarge(bytes: number): CloudwatchError {
  return new CloudwatchError('RequestEntityTooLarge', `The request is larger than ${bytes} bytes.`);
}

/**
 * Stops reading as soon as it is too much.
 * @throws CloudwatchError RequestEntityTooLarge; whatever the connection fails with
 */
export async function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
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

/** @throws CloudwatchError when it is no gzip, another encoding, or inflates beyond the bound */
export async function decodeBody(
  body: Buffer,
  encoding: string | undefined,
  mostBytes: number,
): Promise<Buffer> {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return body;
  if (encoding !== 'gzip') {
    throw new CloudwatchError('UnsupportedMediaType', 'Of the content encodings, gzip is supported.');
  }
  try {
    return await inflate(body, { maxOutputLength: mostBytes });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(mostBytes);
    throw new CloudwatchError('MalformedInput', 'The body is not gzip.', { cause: error });
  }
}
