/** Attributes of OpenTelemetry in protocol buffers: repeated KeyValue, with AnyValue. Pure. */
import {
  type FieldReader,
  readFields,
  readText,
  WireType,
} from '../../../platform/bounded-input/protobuf.ts';

/** What an attribute cannot be: a map of maps of maps …, or no UTF-8. */
export class AttributeError extends Error {
  override readonly name = 'AttributeError';
}

/** Null for an empty one; a whole number of 64 bits is a bigint; bytes are text in base64. */
export type AttributeValue =
  | string
  | number
  | boolean
  | bigint
  | null
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };

/** Lists and maps in one another. */
const MAX_DEPTH = 8;

/** @throws ProtobufError, AttributeError */
export function readKeyValue(bytes: Uint8Array): readonly [key: string, value: string] {
  const [key, value] = readPair(bytes, 0);
  return [key, writeValue(value)];
}

/**
 * What the tag says: a text as it is, a number or a boolean as it is written, a list or a map as JSON, in which keys are sorted.
 * https://opentelemetry.io/docs/specs/otel/common/#anyvalue-representation-for-non-otlp-protocols
 */
export function writeValue(value: AttributeValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value, toJson) : String(value);
}

function toJson(_key: string, value: AttributeValue): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value;
}

/** @throws AttributeError @param depth of lists and maps around it */
export function checkDepth(depth: number): void {
  if (depth >= MAX_DEPTH)
    throw new AttributeError(`expected at most ${MAX_DEPTH} lists or maps in one another`);
}

/** Sorted, so that equal maps make equal series. */
export function toMap(pairs: readonly (readonly [string, AttributeValue])[]): AttributeValue {
  return Object.fromEntries(pairs.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))));
}

function readPair(bytes: Uint8Array, depth: number): readonly [key: string, value: AttributeValue] {
  const read: { key: string | null; value: AttributeValue } = { key: '', value: null };
  readFields(bytes, (field, wireType, reader) => {
    if (wireType !== WireType.LengthDelimited) return false;
    if (field === 1) read.key = readText(reader.bytes());
    else if (field === 2) read.value = readAnyValue(reader.bytes(), depth);
    else return false;
    return true;
  });
  if (read.key === null) throw new AttributeError('expected keys of attributes in UTF-8');
  return [read.key, read.value];
}

function readAnyValue(bytes: Uint8Array, depth: number): AttributeValue {
  let value: AttributeValue = null;
  readFields(bytes, (field, wireType, reader) => {
    const isNested = wireType === WireType.LengthDelimited;
    if (field === 1 && isNested) value = expectText(reader);
    else if (field === 2 && wireType === WireType.Varint) value = reader.uint32() !== 0;
    else if (field === 3 && wireType === WireType.Varint) value = BigInt(reader.int64());
    else if (field === 4 && wireType === WireType.Bit64) value = reader.double();
    else if (field === 5 && isNested) value = readList(reader.bytes(), depth);
    else if (field === 6 && isNested) value = readMap(reader.bytes(), depth);
    else if (field === 7 && isNested) value = Buffer.from(reader.bytes()).toString('base64');
    else if (field <= 7) throw new AttributeError('expected attributes of a known type');
    else return false;
    return true;
  });
  return value;
}

function readList(bytes: Uint8Array, depth: number): AttributeValue {
  checkDepth(depth);
  return readRepeated(bytes, (one) => readAnyValue(one, depth + 1));
}

function readMap(bytes: Uint8Array, depth: number): AttributeValue {
  checkDepth(depth);
  return toMap(readRepeated(bytes, (one) => readPair(one, depth + 1)));
}

/** The messages of field 1. */
function readRepeated<T>(bytes: Uint8Array, read: (one: Uint8Array) => T): readonly T[] {
  const values: T[] = [];
  readFields(bytes, (field, wireType, reader) => {
    if (field !== 1 || wireType !== WireType.LengthDelimited) return false;
    values.push(read(reader.bytes()));
    return true;
  });
  return values;
}

function expectText(reader: FieldReader): string {
  const text = readText(reader.bytes());
  if (text === null) throw new AttributeError('expected attributes in UTF-8');
  return text;
}
