/**
 * An ExportMetricsServiceRequest in protocol buffers: its data points in their order, a piece at a time, so that others are
 * served in between. What is damaged costs the innermost message it is in.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto
 */
import {
  ProtobufError,
  readFields,
  type ReadField,
  readText,
  WireType,
} from '../../../platform/bounded-input/protobuf.ts';
import {
  type Attributes,
  type BadPoint,
  type GoodPoint,
  type MetricHead,
  nameSeries,
  TEMPORALITIES,
} from './name-series.ts';
import { AttributeError, readKeyValue } from './parse-attributes.ts';
import { POINT_FIELDS, type PointFields, readDataPoint } from './parse-points.ts';

/** A data point, or how many bytes were read since the last number: the caller may do something else. */
export type OtlpItem = GoodPoint | BadPoint | number;

/** Maximum number of bytes of a data point, of a resource, and of a scope: they are not divided. */
export const MAX_UNDIVIDED_BYTES = 64 * 1024;
/** Fields that are read before the caller is given a number. */
const PIECE_BYTES = 16 * 1024;

/** @throws ProtobufError where the bytes are no message from there on */
export function* readOtlpRequest(body: Uint8Array): Generator<OtlpItem> {
  for (const part of readParts(body, 1)) {
    if (typeof part === 'number') yield part;
    else yield* guard(readResourceMetrics(part), '');
  }
}

/**
 * Messages of one field, and now and then how many bytes were read.
 * @param read reads other fields
 */
function* readParts(
  message: Uint8Array,
  wanted: number,
  read: ReadField = () => false,
): Generator<Uint8Array | number> {
  for (let from = 0; from < message.length;) {
    const parts: Uint8Array[] = [];
    const to = readFields(
      message,
      (field, wireType, reader) => {
        if (field !== wanted || wireType !== WireType.LengthDelimited) return read(field, wireType, reader);
        parts.push(reader.bytes());
        return true;
      },
      { from, to: Math.min(message.length, from + PIECE_BYTES) },
    );
    yield* parts;
    // What is in the parts is counted again when they are read: a piece is at most half as long.
    yield Math.min(to - from, PIECE_BYTES);
    from = to;
  }
}

/** The one message of a field, wherever it stands; the last counts. */
function* findPart(message: Uint8Array, wanted: number): Generator<number, Uint8Array> {
  let found: Uint8Array = new Uint8Array();
  for (const part of readParts(message, wanted)) {
    if (typeof part === 'number') yield part;
    else found = part;
  }
  return found;
}

/** What is wrong with a message is a bad point in its place. */
function* guard(items: Generator<OtlpItem>, name: string): Generator<OtlpItem> {
  try {
    yield* items;
  } catch (error) {
    yield explain(error, name);
  }
}

class TooLongError extends Error {
  override readonly name = 'TooLongError';
}

function checkLength(bytes: Uint8Array, what: string): Uint8Array {
  if (bytes.length <= MAX_UNDIVIDED_BYTES) return bytes;
  throw new TooLongError(`expected at most ${MAX_UNDIVIDED_BYTES} bytes in ${what}, got ${bytes.length}`);
}

function explain(error: unknown, name: string): BadPoint {
  const of = name === '' ? '' : `${JSON.stringify(name.slice(0, 60))}: `;
  if (error instanceof AttributeError) return { problem: 'bad_attribute', reason: of + error.message };
  if (error instanceof ProtobufError) return { problem: 'malformed', reason: of + error.message };
  if (error instanceof TooLongError) return { problem: 'too_long', reason: of + error.message };
  throw error;
}

function* readResourceMetrics(bytes: Uint8Array): Generator<OtlpItem> {
  // The resource may stand behind the metrics that are of it.
  const resource = readResource(checkLength(yield* findPart(bytes, 1), 'a resource'));
  for (const part of readParts(bytes, 2)) {
    if (typeof part === 'number') yield part;
    else yield* guard(readScopeMetrics(part, resource), '');
  }
}

/** An attribute that cannot be a tag is left out: of a resource most are not used. */
function readResource(bytes: Uint8Array): Attributes {
  const attributes = new Map<string, string>();
  readFields(bytes, (field, wireType, reader) => {
    if (field !== 1 || wireType !== WireType.LengthDelimited) return false;
    const keyValue = reader.bytes();
    try {
      attributes.set(...readKeyValue(keyValue));
    } catch (error) {
      if (!(error instanceof AttributeError)) throw error;
    }
    return true;
  });
  return attributes;
}

function* readScopeMetrics(bytes: Uint8Array, resource: Attributes): Generator<OtlpItem> {
  const scope = readName(checkLength(yield* findPart(bytes, 1), 'a scope')) ?? '';
  for (const part of readParts(bytes, 2)) {
    if (typeof part === 'number') yield part;
    else yield* guard(readMetric(part, { resource, scope }), '');
  }
}

/** Null for one that is no UTF-8. */
function readName(bytes: Uint8Array): string | null {
  let name: string | null = '';
  readFields(bytes, (field, wireType, reader) => {
    if (field !== 1 || wireType !== WireType.LengthDelimited) return false;
    name = readText(reader.bytes());
    return true;
  });
  return name;
}

interface MetricParts {
  /** Null for what is no UTF-8. */
  name: string | null;
  unit: string | null;
  /** The points, and how they are written. */
  data: { readonly bytes: Uint8Array; readonly fields: PointFields } | null;
}

function* readMetric(
  bytes: Uint8Array,
  context: Pick<MetricHead, 'resource' | 'scope'>,
): Generator<OtlpItem> {
  const found: MetricParts = { name: '', unit: '', data: null };
  yield* skipParts(bytes, (field, wireType, reader) => {
    if (wireType !== WireType.LengthDelimited) return false;
    const known = POINT_FIELDS.get(field);
    if (known !== undefined) found.data = { bytes: reader.bytes(), fields: known };
    else if (field === 1) found.name = readText(reader.bytes());
    else if (field === 3) found.unit = readText(reader.bytes());
    else return false;
    return true;
  });
  const { name, unit, data } = found;
  if (name === null) yield { problem: 'not_utf8', reason: 'expected the name of the metric in UTF-8' };
  else if (data === null) {
    const reason = `${JSON.stringify(name.slice(0, 60))}: expected a gauge, a sum, a histogram or a summary`;
    yield { problem: 'no_data', reason };
  } else yield* guard(readData(data, { ...context, name, unit: unit === '' ? null : unit }), name);
}

function* skipParts(bytes: Uint8Array, read: ReadField): Generator<number> {
  for (const part of readParts(bytes, -1, read)) if (typeof part === 'number') yield part;
}

function* readData(
  { bytes, fields }: NonNullable<MetricParts['data']>,
  head: Omit<MetricHead, 'temporality' | 'isMonotonic'>,
): Generator<OtlpItem> {
  let [temporality, isMonotonic] = [0, false];
  yield* skipParts(bytes, (field, wireType, reader) => {
    if (wireType !== WireType.Varint) return false;
    if (field === 2) temporality = reader.uint32();
    else if (field === 3) isMonotonic = reader.uint32() !== 0;
    else return false;
    return true;
  });
  const whole: MetricHead = {
    ...head,
    temporality: TEMPORALITIES[temporality] ?? 'unspecified',
    isMonotonic,
  };
  for (const part of readParts(bytes, 1)) {
    if (typeof part === 'number') yield part;
    else yield readPoint(part, whole, fields);
  }
}

function readPoint(bytes: Uint8Array, head: MetricHead, fields: PointFields): GoodPoint | BadPoint {
  try {
    return nameSeries(head, readDataPoint(checkLength(bytes, 'a data point'), fields));
  } catch (error) {
    return explain(error, head.name);
  }
}
