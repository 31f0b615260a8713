/** Remote writes as senders encode them: written field by field from the .proto files of the specification. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export interface SentSeries {
  readonly labels: readonly (readonly [string, string])[];
  readonly samples?: readonly (readonly [value: number, timestampMs: number])[];
  readonly histograms?: readonly {
    readonly count: bigint | number;
    readonly sum: number;
    readonly timestampMs: number;
  }[];
  readonly exemplars?: number;
  /** Bytes behind the fields. */
  readonly tail?: Uint8Array;
}

type Field = readonly [number: number, write: (writer: BinaryWriter) => void, wireType?: WireType];

export function message(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  for (const [number, write, wireType = WireType.LengthDelimited] of fields)
    write(writer.tag(number, wireType));
  return new Uint8Array(writer.finish());
}

export const bytes =
  (value: Uint8Array) =>
  (writer: BinaryWriter): void =>
    void writer.bytes(value);
export const text =
  (value: string) =>
  (writer: BinaryWriter): void =>
    void writer.string(value);
const double = (number: number, value: number): Field => [
  number,
  (writer) => void writer.double(value),
  WireType.Bit64,
];
const int64 = (number: number, value: number): Field => [
  number,
  (writer) => void writer.int64(value),
  WireType.Varint,
];

export function sampleMessage(value: number, timestampMs: number): Uint8Array {
  return message([double(1, value), int64(2, timestampMs)]);
}

/** The sample that says a series has ended: its NaN is written as bits, which JavaScript need not keep. */
export function staleSample(timestampMs: number): Uint8Array {
  const bits = (writer: BinaryWriter) => void writer.fixed64(0x7ff0000000000002n);
  return message([[1, bits, WireType.Bit64], int64(2, timestampMs)]);
}

function histogramMessage({ count, sum, timestampMs }: NonNullable<SentSeries['histograms']>[number]) {
  const counted: Field =
    typeof count === 'bigint'
      ? [1, (writer) => void writer.uint64(count), WireType.Varint]
      : double(2, count);
  const schema: Field = [4, (writer) => void writer.sint32(3), WireType.Varint];
  return message([counted, double(3, sum), schema, int64(15, timestampMs)]);
}

function valueFields(
  { samples = [], histograms = [], exemplars = 0 }: SentSeries,
  fields: {
    readonly exemplars: number;
    readonly histograms: number;
  },
): readonly Field[] {
  return [
    ...samples.map(([value, timestampMs]): Field => [2, bytes(sampleMessage(value, timestampMs))]),
    ...histograms.map((histogram): Field => [fields.histograms, bytes(histogramMessage(histogram))]),
    ...Array.from({ length: exemplars }, (): Field => [fields.exemplars, bytes(sampleMessage(1, 1))]),
  ];
}

function withTail(encoded: Uint8Array, tail: Uint8Array = new Uint8Array()): Uint8Array {
  return Buffer.concat([encoded, tail]);
}

/** prometheus.TimeSeries */
export function seriesV1(series: SentSeries): Uint8Array {
  const labels = series.labels.map(([name, value]): Field => [
    1,
    bytes(
      message([
        [1, text(name)],
        [2, text(value)],
      ]),
    ),
  ]);
  const encoded = message([...labels, ...valueFields(series, { exemplars: 3, histograms: 4 })]);
  return withTail(encoded, series.tail);
}

/** prometheus.WriteRequest; each description of a metric says it is a counter */
export function requestV1(
  all: readonly (SentSeries | Uint8Array)[],
  described: readonly string[] = [],
): Buffer {
  const metadata = described.map((name): Field => {
    const type: Field = [1, (writer) => void writer.uint32(1), WireType.Varint];
    return [3, bytes(message([type, [2, text(name)], [4, text('help')]]))];
  });
  const series = all.map((one): Field => [1, bytes(one instanceof Uint8Array ? one : seriesV1(one))]);
  return Buffer.from(message([...series, ...metadata]));
}

/** io.prometheus.write.v2.Request @param type of Metadata.MetricType: a gauge when left out */
export function requestV2(all: readonly SentSeries[], unit = '', type = 2): Buffer {
  const symbols = [...new Set(['', unit, ...all.flatMap(({ labels }) => labels.flat())])];
  const series = all.map((one): Field => {
    const refs = one.labels.flat().map((symbol) => symbols.indexOf(symbol));
    const packed = refs.reduce((writer, ref) => writer.uint32(ref), new BinaryWriter()).finish();
    const unitRef: Field = [4, (writer) => void writer.uint32(symbols.indexOf(unit)), WireType.Varint];
    const encoded = message([
      [1, bytes(packed)],
      ...valueFields(one, { exemplars: 4, histograms: 3 }),
      [5, bytes(message([[1, (writer) => void writer.uint32(type), WireType.Varint], unitRef]))],
    ]);
    return [5, bytes(withTail(encoded, one.tail))];
  });
  return Buffer.from(message([...symbols.map((symbol): Field => [4, text(symbol)]), ...series]));
}
