/** Data points of OpenTelemetry in protocol buffers, of all five kinds of metrics. Pure. */
import { type FieldReader, readFields, WireType } from '../../../platform/bounded-input/protobuf.ts';
import { type DataPoint, readNanoseconds } from './name-series.ts';
import { readKeyValue } from './parse-attributes.ts';

/** DataPointFlags: there is no value. */
const NO_RECORDED_VALUE = 1;

export interface PointFields {
  readonly kind: 'number' | 'distribution' | 'summary';
  readonly attributes: number;
  readonly flags: number;
}

/** By the field of Metric the points stand in: gauge, sum, histogram, exponential histogram, summary. */
export const POINT_FIELDS: ReadonlyMap<number, PointFields> = new Map([
  [5, { kind: 'number', attributes: 7, flags: 8 }],
  [7, { kind: 'number', attributes: 7, flags: 8 }],
  [9, { kind: 'distribution', attributes: 9, flags: 10 }],
  [10, { kind: 'distribution', attributes: 1, flags: 10 }],
  [11, { kind: 'summary', attributes: 7, flags: 8 }],
]);

/** @throws ProtobufError, AttributeError */
export function readDataPoint(bytes: Uint8Array, { kind, attributes, flags }: PointFields): DataPoint {
  const point: { -readonly [Key in keyof DataPoint]: DataPoint[Key] } = {
    attributes: new Map(),
    timestampMs: null,
    isEmpty: false,
    value: null,
    // A field that is 0 is not written, unless it is an optional one: the sum of a histogram.
    count: kind === 'number' ? null : 0,
    sum: kind === 'summary' ? 0 : null,
    quantiles: [],
  };
  const found = new Map<string, string>();
  const quantiles: (readonly [number, number])[] = [];
  readFields(bytes, (field, wireType, reader) => {
    if (field === attributes && wireType === WireType.LengthDelimited) {
      const [key, value] = readKeyValue(reader.bytes());
      found.set(key, value);
    } else if (field === flags && wireType === WireType.Varint) {
      point.isEmpty = (reader.uint32() & NO_RECORDED_VALUE) !== 0;
    } else if (field === 3 && wireType === WireType.Bit64) {
      point.timestampMs = readNanoseconds(BigInt(reader.fixed64()));
    } else if (kind === 'summary' && field === 6 && wireType === WireType.LengthDelimited) {
      quantiles.push(readQuantile(reader.bytes()));
    } else
      return kind === 'number'
        ? readNumber(field, wireType, reader)
        : readDistribution(field, wireType, reader);
    return true;
  });
  return { ...point, attributes: found, quantiles };

  function readNumber(field: number, wireType: WireType, reader: FieldReader): boolean {
    if (wireType !== WireType.Bit64) return false;
    if (field === 4) point.value = reader.double();
    else if (field === 6) point.value = Number(reader.sfixed64());
    else return false;
    return true;
  }

  function readDistribution(field: number, wireType: WireType, reader: FieldReader): boolean {
    if (wireType !== WireType.Bit64) return false;
    if (field === 4) point.count = Number(reader.fixed64());
    else if (field === 5) point.sum = reader.double();
    else return false;
    return true;
  }
}

function readQuantile(bytes: Uint8Array): readonly [quantile: number, value: number] {
  let [quantile, value] = [0, 0];
  readFields(bytes, (field, wireType, reader) => {
    if (wireType !== WireType.Bit64) return false;
    if (field === 1) quantile = reader.double();
    else if (field === 2) value = reader.double();
    else return false;
    return true;
  });
  return [quantile, value];
}
