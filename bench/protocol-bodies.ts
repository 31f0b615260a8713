/** Bodies of OTLP as an SDK writes them: a gauge for each metric. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export interface OtlpRow {
  readonly names: readonly string[];
  readonly timestampMs: number;
  readonly values: readonly number[];
}

export function encodeOtlp(row: OtlpRow, encoding: 'protobuf' | 'json'): Uint8Array | string {
  return encoding === 'protobuf' ? encodeProtobuf(row) : encodeJson(row);
}

function encodeProtobuf({ names, timestampMs, values }: OtlpRow): Uint8Array {
  const nanos = BigInt(timestampMs) * 1_000_000n;
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).fork().tag(2, WireType.LengthDelimited).fork();
  for (const [index, name] of names.entries()) {
    writer.tag(2, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(name);
    writer.tag(5, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).fork();
    writer
      .tag(3, WireType.Bit64)
      .fixed64(nanos)
      .tag(4, WireType.Bit64)
      .double(values[index] ?? 0);
    writer.join().join().join();
  }
  return writer.join().join().finish();
}

function encodeJson({ names, timestampMs, values }: OtlpRow): string {
  const timeUnixNano = String(BigInt(timestampMs) * 1_000_000n);
  const metrics = names.map((name, index) => ({
    name,
    gauge: { dataPoints: [{ timeUnixNano, asDouble: values[index] ?? 0 }] },
  }));
  return JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
}
