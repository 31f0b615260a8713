/** Smithy RPC v2 CBOR: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html */
import { Encoder } from 'cbor-x';
import { CloudwatchError } from '../cloudwatch/failure.ts';
import { ERROR_NAMESPACE, headError, type AwsProtocol } from './aws-protocol.ts';
import { readObject, readTime, readTree, writePlain, type Dialect } from './aws-tree.ts';

/** Clients refuse an answer that does not name the protocol. */
const HEADERS = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };

const CBOR_DIALECT: Dialect = {
  readDouble: (raw) => (typeof raw === 'bigint' ? Number(raw) : typeof raw === 'number' ? raw : null),
  readInteger: (raw) => (typeof raw === 'number' && Number.isInteger(raw) ? raw : null),
  readBoolean: (raw) => (typeof raw === 'boolean' ? raw : null),
  /** Tag 1 arrives as a Date; a bare number means the same. */
  readTimestamp(raw) {
    if (raw instanceof Date) return readTime(raw.getTime());
    return typeof raw === 'number' ? readTime(raw * 1000) : null;
  },
  readList: (raw) => (Array.isArray(raw) ? raw : null),
  readStructure: readObject,
};

const codec = new Encoder({ useRecords: false, mapsAsObjects: true, tagUint8Array: false });

export const cborProtocol: AwsProtocol = {
  decode(request, body) {
    const operation = request.path.slice(request.path.lastIndexOf('/') + 1);
    return { operation, read: (input) => readTree(input, parseBody(body), CBOR_DIALECT) };
  },
  encode: (_operation, output, value, requestId) => ({
    status: 200,
    headers: { ...HEADERS, 'x-amzn-requestid': requestId },
    body: codec.encode(writePlain(output, value, (time) => time)),
  }),
  encodeError: (error, requestId) => ({
    status: error.status,
    headers: { ...HEADERS, ...headError(error, requestId) },
    body: codec.encode({ __type: `${ERROR_NAMESPACE}#${error.shape}`, message: error.message }),
  }),
};

function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return codec.decode(body) as unknown;
  } catch (error) {
    throw new CloudwatchError('MalformedInput', 'The body is not CBOR.', { cause: error });
  }
}
