/** The body of a write: bounded before and after it is inflated. */
import type { IncomingMessage } from 'node:http';
import { inflate, InflatesTooFarError } from '../../../platform/bounded-input/inflate.ts';
import { readBoundedBody } from '../read-body.ts';

/** A body that cannot be taken, with the status that says so. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly status: 400 | 413 | 415;
  constructor(status: BodyError['status'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/**
 * Reads all of it, or stops as soon as it is too much.
 * @param mostBytes of the body as it comes, and of what it inflates to
 * @throws BodyError; whatever the connection fails with
 */
export async function readWriteBody(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new BodyError(415, `content-encoding: expected gzip or identity, got ${JSON.stringify(encoding)}`);
  }
  const body = await readBoundedBody(request, mostBytes, tooLarge);
  if (encoding === 'identity') return body;
  try {
    return await inflate(body, mostBytes);
  } catch (error) {
    if (error instanceof InflatesTooFarError) throw tooLarge(error.maxBytes);
    throw new BodyError(400, 'the body is not gzip, though content-encoding says so', { cause: error });
  }
}

function tooLarge(mostBytes: number): BodyError {
  return new BodyError(413, `a write may have ${mostBytes} bytes: send it in parts`);
}
