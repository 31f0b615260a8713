/**
 * A model's memory as versioned bytes. The memory is a tree of plain objects holding numbers and typed arrays;
 * it is written in the order its creator made it, so a field that is forgotten is impossible.
 *
 * Layout, little-endian: magic, version, length of the body, checksum of the body (each 32 bits), the body.
 */
const MAGIC = 0x4c574431;
const HEADER_BYTES = 16;

interface Walker {
  number: (node: object, name: string, value: number) => void;
  wide: (cells: Float64Array) => void;
  narrow: (cells: Float32Array) => void;
}

function walk(node: object, walker: Walker): void {
  for (const [name, value] of Object.entries(node) as [string, unknown][]) {
    if (typeof value === 'number') walker.number(node, name, value);
    else if (value instanceof Float64Array) walker.wide(value);
    else if (value instanceof Float32Array) walker.narrow(value);
    else if (typeof value === 'object' && value !== null) walk(value, walker);
    else throw new TypeError(`state field ${name} is neither a number, a typed array nor an object`);
  }
}

function measureBody(state: object): number {
  let bytes = 0;
  walk(state, {
    number: () => (bytes += 8),
    wide: (cells) => (bytes += cells.byteLength),
    narrow: (cells) => (bytes += cells.byteLength),
  });
  return bytes;
}

/** FNV-1a over 32 bits: enough to tell a torn or edited checkpoint from a whole one. */
function sumBytes(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}

/** The bytes of a state tree; always the same length for the same kind of state. */
export function saveState(version: number, state: object): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + measureBody(state));
  const view = new DataView(bytes.buffer);
  let at = HEADER_BYTES;
  const put = (value: number): void => {
    view.setFloat64(at, value, true);
    at += 8;
  };
  walk(state, {
    number: (_node, _name, value) => put(value),
    wide: (cells) => cells.forEach(put),
    narrow: (cells) =>
      cells.forEach((value) => {
        view.setFloat32(at, value, true);
        at += 4;
      }),
  });
  const body = bytes.subarray(HEADER_BYTES);
  [MAGIC, version, body.length, sumBytes(body)].forEach((word, i) => view.setUint32(4 * i, word, true));
  return bytes;
}

/**
 * Fills a freshly made state from bytes.
 * @param fresh of the same make as the state that was saved; unchanged when false is returned
 * @returns false when the bytes are of another version, another size, or damaged
 */
export function loadState(version: number, fresh: object, bytes: Uint8Array): boolean {
  if (bytes.byteLength !== HEADER_BYTES + measureBody(fresh)) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body = bytes.subarray(HEADER_BYTES);
  const expected = [MAGIC, version, body.length, sumBytes(body)];
  if (expected.some((word, i) => view.getUint32(4 * i, true) !== word)) return false;
  let at = HEADER_BYTES;
  const take = (): number => view.getFloat64((at += 8) - 8, true);
  walk(fresh, {
    number: (node, name) => Reflect.set(node, name, take()),
    wide: (cells) => cells.forEach((_, i) => (cells[i] = take())),
    narrow: (cells) => cells.forEach((_, i) => (cells[i] = view.getFloat32((at += 4) - 4, true))),
  });
  return true;
}
