/** Smithy RPC v2 CBOR: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html */
import { isUtf8 } from 'node:buffer';
import { decode, encode, Token, Tokenizer, Type, type TagDecoder } from 'cborg';
import { CloudwatchError } from '../../../core/cloudwatch-service/model/cloudwatch-error.ts';
import { ERROR_NAMESPACE, headError, type AwsProtocol } from './protocol.ts';
import { readObject, readTime, readTree, writePlain, type Dialect, type PlainWriter } from './tree.ts';

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

/** Seconds since 1970, marked as such. */
const TIME_TAG = 1;
const ENCODING = {
  typeEncoders: {
    Date: (time: Date) => {
      const seconds = time.getTime() / 1000;
      const type = Number.isInteger(seconds) && seconds >= 0 ? Type.uint : Type.float;
      return [new Token(Type.tag, TIME_TAG), new Token(type, seconds)];
    },
  },
};
const readTimeTag: TagDecoder = (readContent) => {
  const seconds: unknown = readContent();
  return typeof seconds === 'number' ? new Date(seconds * 1000) : seconds;
};
/** SDKs write a double without a fraction as an integer, however large it is. */
const TOKENS = { allowBigInt: true, retainStringBytes: true };
const DECODING = { ...TOKENS, tags: { [TIME_TAG]: readTimeTag }, rejectDuplicateMapKeys: true };

/** An empty list or map is one byte, and an object of sixty once it is decoded. */
const BYTES_PER_CONTAINER = 8;
/** Small bodies may be as dense as they like. */
const FREE_CONTAINERS = 1000;

/** A text in chunks, as Java's SDK writes one of more than some 4,000 characters, and what ends it. */
const CHUNKED_TEXT = 0x7f;
const BREAK = 0xff;

/**
 * Counts lists, maps and chunks as they are met: those beyond the bound are not made. Puts the chunks of a text together,
 * which the library does not.
 */
class BoundedTokenizer extends Tokenizer {
  #containers = 0;
  readonly #bytes: Uint8Array;
  readonly #maxContainers: number;

  constructor(bytes: Uint8Array) {
    super(bytes, TOKENS);
    this.#bytes = bytes;
    this.#maxContainers = FREE_CONTAINERS + Math.floor(bytes.length / BYTES_PER_CONTAINER);
  }

  override next(): Token {
    if (this.#bytes[this.pos()] === CHUNKED_TEXT) return this.#joinChunks();
    const token = super.next();
    if (token.type === Type.array || token.type === Type.map) this.#count();
    return requireUtf8(token);
  }

  #joinChunks(): Token {
    const chunks: string[] = [];
    const start = this.pos();
    this._pos += 1;
    while (this.#bytes[this.pos()] !== BREAK) {
      const token = requireUtf8(super.next());
      const value: unknown = token.value;
      if (typeof value !== 'string') throw new Error('expected a chunk of a text');
      chunks.push(value);
      this.#count();
    }
    this._pos += 1;
    return new Token(Type.string, chunks.join(''), this.pos() - start);
  }

  #count(): void {
    this.#containers += 1;
    if (this.#containers > this.#maxContainers) {
      throw new Error(`expected at most ${this.#maxContainers} lists, maps and chunks`);
    }
  }
}

/** Decoded loosely, bytes that are no text would become U+FFFD and be stored as a name. */
function requireUtf8(token: Token): Token {
  const bytes: unknown = token.type === Type.string ? token.byteValue : undefined;
  if (bytes instanceof Uint8Array && !isUtf8(bytes)) throw new Error('expected a text of UTF-8');
  return token;
}

const WRITER: PlainWriter = { writeTime: (time) => time, writeBlob: (bytes) => bytes };

export const cborProtocol: AwsProtocol = {
  decode(request, body) {
    const operation = request.path.slice(request.path.lastIndexOf('/') + 1);
    return { operation, read: (input) => readTree(input, parseBody(body), CBOR_DIALECT) };
  },
  encode: (_operation, output, value, requestId) => ({
    status: 200,
    headers: { ...HEADERS, 'x-amzn-requestid': requestId },
    body: encodeBody(writePlain(output, value, WRITER)),
  }),
  encodeError: (error, requestId) => ({
    status: error.status,
    headers: { ...HEADERS, ...headError(error, requestId) },
    body: encodeBody({ __type: `${ERROR_NAMESPACE}#${error.shape}`, message: error.message }),
  }),
};

function encodeBody(value: unknown): Buffer {
  return Buffer.from(encode(value, ENCODING));
}

function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return decode(body, { ...DECODING, tokenizer: new BoundedTokenizer(body) }) as unknown;
  } catch (error) {
    throw new CloudwatchError('MalformedInput', 'The body is not CBOR.', { cause: error });
  }
}
