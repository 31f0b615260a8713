/** Attributes of OpenTelemetry in protocol buffers: repeated KeyValue, with AnyValue. Pure. */
import {
  type FieldReader,
  readFields,
  readText,
  WireType,
} from '../../../platform/bounded-input/protobuf.ts';

/** What an attribute cannot be: bytes, a map, a list in a list, or no UTF-8. */
export class AttributeError extends Error {
  override readonly name = 'AttributeError';
}

/** @throws ProtobufError, AttributeError */
export function readKeyValue(bytes: Uint8Array): readonly [key: string, value: string] {
  const read: { key: string | null; value: string } = { key: '', value: '' };
  readFields(bytes, (field, wireType, reader) => {
    if (wireType !== WireType.LengthDelimited) return false;
    if (field === 1) read.key = readText(reader.bytes());
    else if (field === 2) read.value = writeValue(readAnyValue(reader.bytes(), true));
    else return false;
    return true;
  });
  if (read.key === null) throw new AttributeError('expected keys of attributes in UTF-8');
  return [read.key, read.value];
}

type Scalar = string | number | boolean;

/** A text as it is, a number or a boolean as it is written, a list of them as JSON. */
export function writeValue(value: Scalar | readonly Scalar[]): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function readAnyValue(bytes: Uint8Array, mayBeList: boolean): Scalar | readonly Scalar[] {
  let value: Scalar | readonly Scalar[] = '';
  readFields(bytes, (field, wireType, reader) => {
    if (field === 1 && wireType === WireType.LengthDelimited) value = expectText(reader);
    else if (field === 2 && wireType === WireType.Varint) value = reader.uint32() !== 0;
    else if (field === 3 && wireType === WireType.Varint) value = String(reader.int64());
    else if (field === 4 && wireType === WireType.Bit64) value = reader.double();
    else if (field === 5 && wireType === WireType.LengthDelimited && mayBeList) {
      value = readList(reader.bytes());
    } else if (field <= 7)
      throw new AttributeError('expected attributes of text, numbers, booleans or lists of them');
    else return false;
    return true;
  });
  return value;
}

function readList(bytes: Uint8Array): readonly Scalar[] {
  const values: Scalar[] = [];
  readFields(bytes, (field, wireType, reader) => {
    if (field !== 1 || wireType !== WireType.LengthDelimited) return false;
    const value = readAnyValue(reader.bytes(), false);
    if (typeof value !== 'object') values.push(value);
    return true;
  });
  return values;
}

function expectText(reader: FieldReader): string {
  const text = readText(reader.bytes());
  if (text === null) throw new AttributeError('expected attributes in UTF-8');
  return text;
}
