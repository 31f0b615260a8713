/** The body of a push: bounded before and after it is inflated. */
import type { IncomingMessage } from 'node:http';
import { inflate, InflatesTooFarError } from '../../../platform/bounded-input/inflate.ts';
import { decompressSnappy, readSnappyLength, SnappyError } from '../../../platform/bounded-input/snappy.ts';
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

export type Encoding = 'gzip' | 'deflate' | 'identity' | 'snappy';

/** Other names: of RFC 9110, and of the OpenTelemetry Collector. Deflate is what zlib writes, in both. */
const ALIASES: ReadonlyMap<string, Encoding> = new Map([
  ['x-gzip', 'gzip'],
  ['zlib', 'deflate'],
]);

/**
 * Reads all of it, or stops as soon as it is too much.
 * @param maxBytes of the body as it comes, and of what it inflates to
 * @param encodings those the protocol has
 * @param unnamed what it is where no header says so
 * @throws BodyError; ClientGoneError
 */
export async function readPushBody(
  request: IncomingMessage,
  maxBytes: number,
  encodings: readonly Encoding[] = ['gzip', 'deflate', 'identity'],
  unnamed: Encoding = 'identity',
): Promise<Buffer> {
  const header = request.headers['content-encoding']?.trim().toLowerCase() ?? '';
  const given = header === '' ? unnamed : header;
  const encoding = encodings.find((known) => known === (ALIASES.get(given) ?? given));
  if (encoding === undefined) {
    const expected = encodings.join(', ').replace(/, (?=\w+$)/, ' or ');
    throw new BodyError(415, `content-encoding: expected ${expected}, got ${JSON.stringify(given)}`);
  }
  const body = await readBoundedBody(request, maxBytes, tooLarge);
  if (encoding === 'snappy') return unsnap(body, maxBytes);
  return encoding === 'identity' ? body : unzip(body, maxBytes, encoding);
}

async function unzip(body: Buffer, maxBytes: number, encoding: Encoding): Promise<Buffer> {
  try {
    return await inflate(body, maxBytes);
  } catch (error) {
    if (error instanceof InflatesTooFarError) throw tooLarge(error.maxBytes);
    throw new BodyError(400, `the body is not ${encoding}, though content-encoding says so`, {
      cause: error,
    });
  }
}

/** No ratio is needed: a byte makes 21 at most. */
function unsnap(body: Buffer, maxBytes: number): Buffer {
  try {
    if (readSnappyLength(body).length > maxBytes) throw tooLarge(maxBytes);
    return decompressSnappy(body);
  } catch (error) {
    if (!(error instanceof SnappyError)) throw error;
    throw new BodyError(400, `the body is no Snappy block: ${error.message}`, { cause: error });
  }
}

function tooLarge(maxBytes: number): BodyError {
  return new BodyError(413, `a write may have ${maxBytes} bytes: send it in parts`);
}
