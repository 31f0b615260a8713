/** Reads a request's body with a bound, before and after gunzip. */
import type { IncomingMessage } from 'node:http';
import { CloudwatchError } from '../../../core/cloudwatch-service/model/cloudwatch-error.ts';
import { inflate, InflatesTooFarError } from '../../../platform/bounded-input/inflate.ts';
import { readBoundedBody } from '../read-body.ts';

function tooLarge(bytes: number): CloudwatchError {
  return new CloudwatchError('RequestEntityTooLarge', `The request is larger than ${bytes} bytes.`);
}

/** @throws CloudwatchError RequestEntityTooLarge; ClientGoneError */
export function readAwsBody(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  return readBoundedBody(request, mostBytes, tooLarge);
}

/** @throws CloudwatchError when it is no gzip, another encoding, or inflates beyond the bound */
export async function decodeBody(
  body: Buffer,
  given: string | undefined,
  mostBytes: number,
): Promise<Buffer> {
  const encoding = given?.toLowerCase();
  if (encoding === undefined || encoding === '' || encoding === 'identity') return body;
  if (encoding !== 'gzip') {
    throw new CloudwatchError('UnsupportedMediaType', 'Of the content encodings, gzip is supported.');
  }
  try {
    return await inflate(body, mostBytes);
  } catch (error) {
    if (error instanceof InflatesTooFarError) throw tooLarge(error.maxBytes);
    throw new CloudwatchError('MalformedInput', 'The body is not gzip.', { cause: error });
  }
}
