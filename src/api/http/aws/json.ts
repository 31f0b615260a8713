/** AWS JSON 1.0: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html */
import { CloudwatchError } from '../../../core/cloudwatch-service/model/cloudwatch-error.ts';
import { JsonShapeError, parseJson } from '../../../platform/bounded-input/parse-json.ts';
import { parseUtcTime } from '../../../platform/runtime/utc-time.ts';
import { ERROR_NAMESPACE, headError, type AwsProtocol } from './protocol.ts';
import { readObject, readTime, readTree, writePlain, type Dialect, type PlainWriter } from './tree.ts';

const CONTENT_TYPE = 'application/x-amz-json-1.0';
const WORDS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

const JSON_DIALECT: Dialect = {
  readDouble: (raw) => (typeof raw === 'number' ? raw : (WORDS.get(raw) ?? null)),
  readInteger: (raw) => (typeof raw === 'number' && Number.isInteger(raw) ? raw : null),
  readBoolean: (raw) => (typeof raw === 'boolean' ? raw : null),
  /** Seconds since 1970, fractions allowed; some clients send ISO 8601, of UTC where it names no zone. */
  readTimestamp(raw) {
    if (typeof raw === 'number') return readTime(raw * 1000);
    return typeof raw === 'string' ? readTime(parseUtcTime(raw)) : null;
  },
  readList: (raw) => (Array.isArray(raw) ? raw : null),
  readStructure: readObject,
};

const WRITER: PlainWriter = {
  writeTime: (time) => time.getTime() / 1000,
  writeBlob: (bytes) => Buffer.from(bytes).toString('base64'),
};

export const jsonProtocol: AwsProtocol = {
  decode(request, body) {
    const target = request.headers['x-amz-target'];
    const operation = typeof target === 'string' ? target.slice(target.lastIndexOf('.') + 1) : '';
    return { operation, read: (input) => readTree(input, parseBody(body), JSON_DIALECT) };
  },
  encode: (_operation, output, value, requestId) => ({
    status: 200,
    headers: { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId },
    body: JSON.stringify(writePlain(output, value, WRITER)),
  }),
  encodeError: (error, requestId) => ({
    status: error.status,
    headers: { 'content-type': CONTENT_TYPE, ...headError(error, requestId) },
    body: JSON.stringify({ __type: `${ERROR_NAMESPACE}#${error.shape}`, message: error.message }),
  }),
};

function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return parseJson(body);
  } catch (error) {
    if (error instanceof JsonShapeError) {
      throw new CloudwatchError('MalformedInput', `The body: ${error.message}.`, { cause: error });
    }
    throw new CloudwatchError('MalformedInput', 'The body is not JSON.', { cause: error });
  }
}
