/**
 * A model's whole memory in one buffer, so that a snapshot is a copy of bytes and cannot miss anything.
 *
 * The bytes are in the machine's order. Every platform Node.js runs on today is little-endian; the magic number
 * makes a restore on any other fail instead of reading nonsense.
 */

const MAGIC = 0x4c575044;
const HEADER_CELLS = 3;

/** A model's memory: named runs of numbers over one buffer. */
export interface State<Name extends string> {
  readonly cells: Readonly<Record<Name, Float64Array>>;
  /** The versioned bytes of everything. */
  save(): Uint8Array;
}

function countCells(sizes: Readonly<Record<string, number>>): number {
  return Object.values(sizes).reduce((sum, size) => sum + size, HEADER_CELLS);
}

/**
 * Makes an empty memory (all zero), or reads one from bytes.
 * @param sizes how many numbers each name holds; the order is part of the format
 * @param bytes what `save` gave
 * @returns null when the bytes are of another version or size
 */
export function openState<Name extends string>(
  version: number,
  sizes: Readonly<Record<Name, number>>,
  bytes?: Uint8Array,
): State<Name> | null {
  const all = new Float64Array(countCells(sizes));
  if (bytes !== undefined) {
    if (bytes.byteLength !== all.byteLength) return null;
    new Uint8Array(all.buffer).set(bytes);
    if (all[0] !== MAGIC || all[1] !== version || all[2] !== all.length) return null;
  }
  all.set([MAGIC, version, all.length]);
  const cells: Partial<Record<Name, Float64Array>> = {};
  let start = HEADER_CELLS;
  for (const name of Object.keys(sizes) as Name[]) {
    cells[name] = all.subarray(start, start + sizes[name]);
    start += sizes[name];
  }
  return {
    cells: cells as Record<Name, Float64Array>, // every key of sizes was set just above
    save: () => new Uint8Array(all.buffer.slice(0)),
  };
}
