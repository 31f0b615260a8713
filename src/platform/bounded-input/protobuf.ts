/**
 * Protocol buffers from outside, field by field: the caller decides how much is read before other work goes on, and
 * nothing is made of fields that nobody wants. https://protobuf.dev/programming-guides/encoding/
 */
import { isUtf8 } from 'node:buffer';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

export { WireType };

/** What is read from inside a field. */
export type FieldReader = Pick<
  BinaryReader,
  'bytes' | 'double' | 'fixed64' | 'int64' | 'pos' | 'sfixed64' | 'uint32' | 'uint64'
>;

/** The bytes are no message. The message of the error says what is wrong with them. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

/** Reads the value of the field, and says whether it did: other fields are skipped, as are those of another wire type. */
export type ReadField = (field: number, wireType: WireType, reader: FieldReader) => boolean;

/**
 * Reads the fields of a message in their order.
 * @param part which of its bytes, where the message is read in parts: from the start of a field to the end of the first
 *   field that ends at `to` or behind it; all of them when left out
 * @returns where the last field that was read ends
 * @throws ProtobufError; whatever `read` throws
 */
export function readFields(
  message: Uint8Array,
  read: ReadField,
  part: { readonly from: number; readonly to: number } = { from: 0, to: message.length },
): number {
  const reader = new BinaryReader(message);
  reader.pos = part.from;
  return explain(() => {
    while (reader.pos < part.to) {
      const [field, wireType] = reader.tag();
      if (!read(field, wireType, reader)) reader.skip(wireType, field);
      if (reader.pos > message.length) throw new ProtobufError('expected more bytes');
    }
    return reader.pos;
  });
}

/** @throws ProtobufError */
export function readPackedUint32(bytes: Uint8Array): number[] {
  const reader = new BinaryReader(bytes);
  const values: number[] = [];
  return explain(() => {
    while (reader.pos < bytes.length) values.push(reader.uint32());
    return values;
  });
}

/** The library throws plain errors and RangeErrors; whatever else is thrown is the reader's own. */
function explain<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Error) || !['Error', 'RangeError'].includes(error.name)) throw error;
    throw new ProtobufError(`no protocol buffer: ${error.message}`, { cause: error });
  }
}

/** @returns the text, or null for bytes that are no UTF-8 */
export function readText(bytes: Uint8Array): string | null {
  return isUtf8(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8') : null;
}
