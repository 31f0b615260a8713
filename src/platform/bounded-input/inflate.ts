/** Bodies that come zipped: bounded in what they inflate to, by itself and by what was sent for it. */
import { promisify } from 'node:util';
import { unzip } from 'node:zlib';

/** What data compresses to at best: lines that differ in their time alone come to 50. Of nothing but one byte it is 1,000. */
const MAX_RATIO = 200;
/** Small bodies may inflate as far as they like. */
const FREE_BYTES = 1_000_000;

/** Of gzip and of zlib, whichever the first bytes are of. */
const inflateBytes = promisify(unzip);

/** It inflates to more than it may; `maxBytes` is what it may. */
export class InflatesTooFarError extends Error {
  override readonly name = 'InflatesTooFarError';
  readonly maxBytes: number;
  constructor(maxBytes: number, options: ErrorOptions) {
    super(`inflates to more than ${maxBytes} bytes`, options);
    this.maxBytes = maxBytes;
  }
}

/** @throws InflatesTooFarError; the library's error for what is neither gzip nor zlib */
export async function inflate(body: Buffer, maxBytes: number): Promise<Buffer> {
  const allowed = Math.min(maxBytes, Math.max(FREE_BYTES, body.length * MAX_RATIO));
  try {
    return await inflateBytes(body, { maxOutputLength: allowed });
  } catch (error) {
    if (error instanceof RangeError) throw new InflatesTooFarError(allowed, { cause: error });
    throw error;
  }
}
