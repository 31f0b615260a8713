/** Between a protocol's plain tree and the typed tree of a shape. */
import { CloudwatchError } from '../../../core/cloudwatch-service/model/cloudwatch-error.ts';
import { EARLIEST_MS } from '../../../core/cloudwatch-service/model/time-range.ts';
import type { Shape, StructureShape } from '../../../core/cloudwatch-service/model/shape.ts';

/** How a protocol writes what the others write otherwise. */
export interface Dialect {
  readDouble(raw: unknown): number | null;
  readInteger(raw: unknown): number | null;
  readBoolean(raw: unknown): boolean | null;
  readTimestamp(raw: unknown): Date | null;
  /** The items of a list. */
  readList(raw: unknown): readonly unknown[] | null;
  /** The members of a structure. */
  readStructure(raw: unknown): Readonly<Record<string, unknown>> | null;
}

/**
 * Members the shape does not have are left out, as AWS does; null counts as absent.
 * @throws CloudwatchError MalformedInput naming the member that is of another kind
 */
export function readTree(shape: StructureShape, raw: unknown, dialect: Dialect): Record<string, unknown> {
  return readStructure(shape, raw, dialect, '');
}

function readStructure(
  shape: StructureShape,
  raw: unknown,
  dialect: Dialect,
  path: string,
): Record<string, unknown> {
  const members = dialect.readStructure(raw);
  if (members === null) throw refuse(path === '' ? 'the request' : path, 'a structure');
  const tree: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(shape.members)) {
    const value = Object.hasOwn(members, name) ? members[name] : undefined;
    if (value !== undefined && value !== null) {
      tree[name] = readMember(member, value, dialect, path === '' ? name : `${path}.${name}`);
    }
  }
  return tree;
}

function readMember(shape: Shape, raw: unknown, dialect: Dialect, path: string): unknown {
  switch (shape.kind) {
    case 'structure':
      return readStructure(shape, raw, dialect, path);
    case 'list': {
      const items = dialect.readList(raw) ?? fail(path, 'a list');
      return items.map((item, i) => readMember(shape.of, item, dialect, `${path}.member.${i + 1}`));
    }
    case 'string':
      return typeof raw === 'string' ? raw : fail(path, 'a string');
    case 'double':
      return dialect.readDouble(raw) ?? fail(path, 'a number');
    case 'integer':
      return dialect.readInteger(raw) ?? fail(path, 'a whole number');
    case 'boolean':
      return dialect.readBoolean(raw) ?? fail(path, 'true or false');
    case 'timestamp':
      return dialect.readTimestamp(raw) ?? fail(path, 'a time');
    case 'map':
    case 'blob':
      return fail(path, 'absent'); // no request of the service has one
  }
}

function fail(path: string, expected: string): never {
  throw refuse(path, expected);
}

function refuse(path: string, expected: string): CloudwatchError {
  return new CloudwatchError('MalformedInput', `${path} must be ${expected}.`);
}

/** A plain object that is neither a list nor a time. */
export function readObject(raw: unknown): Readonly<Record<string, unknown>> | null {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw) || raw instanceof Date) return null;
  return raw as Readonly<Record<string, unknown>>; // just checked; members are checked one by one
}

/** A time no Date can hold is none, nor is one before the year 1. */
export function readTime(ms: number): Date | null {
  const time = new Date(ms);
  return time.getTime() >= EARLIEST_MS ? time : null;
}

/** How a protocol writes what plain values have no form for. */
export interface PlainWriter {
  writeTime(time: Date): unknown;
  writeBlob(bytes: Uint8Array): unknown;
}

/** For protocols whose encoder takes plain values: members that are undefined are left out. */
export function writePlain(shape: Shape, value: unknown, writer: PlainWriter): unknown {
  if (value instanceof Date) return writer.writeTime(value);
  if (value instanceof Uint8Array) return writer.writeBlob(value);
  if (shape.kind === 'list' && Array.isArray(value)) {
    return value.map((item: unknown) => writePlain(shape.of, item, writer));
  }
  if (shape.kind !== 'structure') return value;
  const members = readObject(value) ?? {};
  const plain: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(shape.members)) {
    if (members[name] !== undefined) plain[name] = writePlain(member, members[name], writer);
  }
  return plain;
}
