/**
 * Columns of numbers as bytes, each number as PostgreSQL sends it in binary: many numbers of a series cost what a few
 * rows do. The numbers come in the order of the rows that are packed; none may be null.
 */

/** One column of what was packed; null where there was no row. */
export type PackedColumn = Buffer | null;

interface Packing {
  /** SQL: the aggregate that packs. */
  readonly pack: (expression: string) => string;
  readonly unpack: (packed: PackedColumn) => readonly number[];
}

/** PostgreSQL counts microseconds from 2000. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
const WORD_BYTES = 4;
const HIGH_WORD = 2 ** 32;

export const FLOATS = createPacking('float8send', 8, (view, at) => view.getFloat64(at));
export const SMALL_INTEGERS = createPacking('int2send', 2, (view, at) => view.getInt16(at));
/** In milliseconds since 1970. */
export const TIMES = createPacking(
  'timestamptz_send',
  8,
  (view, at) => (view.getInt32(at) * HIGH_WORD + view.getUint32(at + WORD_BYTES)) / 1000 + EPOCH_MS,
);

/** @param send the function of PostgreSQL that writes one number, in so many bytes, the highest first */
function createPacking(send: string, bytes: number, read: (view: DataView, at: number) => number): Packing {
  return {
    pack: (expression) => `string_agg(${send}(${expression}), ''::bytea)`,
    unpack: (packed) => {
      if (packed === null) return [];
      const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
      return Array.from({ length: packed.length / bytes }, (_, i) => read(view, i * bytes));
    },
  };
}
