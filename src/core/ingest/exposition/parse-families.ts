/**
 * Families of metrics in protocol buffers, as the library of Prometheus for Go pushes them: each message of
 * io.prometheus.client.MetricFamily with its length before it. A family gives the series the text format writes of it. Pure.
 * https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto
 */
import {
  type FieldReader,
  ProtobufError,
  readFields,
  readText,
  WireType,
} from '../../../platform/bounded-input/protobuf.ts';
import { formatFloat } from './format-float.ts';
import type { BadExpositionLine, ExpositionSample } from './parse-line.ts';

interface FamilySample extends ExpositionSample {
  readonly isCounter: boolean;
}

interface BadMetric {
  readonly problem: BadExpositionLine['problem'] | 'not_utf8' | 'too_long';
  /** What was expected. */
  readonly reason: string;
}

/** What one piece of a body holds; `family` is counted from 1. */
export interface FamilyPiece {
  readonly family: number;
  /** How many were read for it. */
  readonly bytes: number;
  readonly samples: readonly FamilySample[];
  readonly bad: readonly BadMetric[];
}

const Type = { counter: 0, gauge: 1, summary: 2, untyped: 3, histogram: 4, gaugeHistogram: 5 } as const;
const MAX_LENGTH_BYTES = 5;
/** Of a metric with its buckets: a thousand and more of them. It is not divided. */
export const MAX_METRIC_BYTES = 64 * 1024;

/**
 * @param pieceBytes about how much is read before the caller may do something else; one metric is never divided
 * @throws ProtobufError where the bytes are no message from there on
 */
export function* readFamilies(body: Uint8Array, pieceBytes: number): Generator<FamilyPiece> {
  let at = 0;
  for (let family = 1; at < body.length; family += 1) {
    const { length, start } = readLength(body, at);
    if (start + length > body.length) throw new ProtobufError('a family is cut off');
    yield* readFamily(body.subarray(start, start + length), family, pieceBytes);
    at = start + length;
  }
}

function readLength(body: Uint8Array, at: number): { readonly length: number; readonly start: number } {
  let length = 0;
  for (let index = 0; index < MAX_LENGTH_BYTES; index += 1) {
    const byte = body[at + index];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { length, start: at + index + 1 };
  }
  throw new ProtobufError('expected the length of a family');
}

function* readFamily(bytes: Uint8Array, family: number, pieceBytes: number): Generator<FamilyPiece> {
  const nothing: FamilyPiece = { family, bytes: 1, samples: [], bad: [] };
  const { name, type } = yield* readHead(bytes, { ...nothing, bytes: pieceBytes });
  if (name === null) {
    yield { ...nothing, bad: [{ problem: 'not_utf8', reason: 'expected the name of a family in UTF-8' }] };
    return;
  }
  if (name === '') {
    yield { ...nothing, bad: [{ problem: 'bad_name', reason: 'expected the name of a family' }] };
    return;
  }
  for (let from = 0; from < bytes.length;) {
    const samples: FamilySample[] = [];
    const bad: BadMetric[] = [];
    const start = from;
    from = readFields(
      bytes,
      (field, wireType, reader) => {
        if (field !== 4 || wireType !== WireType.LengthDelimited) return false;
        const read = readMetric(reader.bytes(), name, type);
        if ('problem' in read) bad.push(read);
        else for (const sample of read) samples.push(sample);
        return true;
      },
      { from, to: Math.min(bytes.length, from + pieceBytes) },
    );
    yield { family, bytes: from - start, samples, bad };
  }
}

/** What says of which family the metrics are may stand behind them. @param piece given for each piece that was looked through */
function* readHead(
  bytes: Uint8Array,
  piece: FamilyPiece,
): Generator<FamilyPiece, { readonly name: string | null; readonly type: number }> {
  let [name, type]: [string | null, number] = ['', Type.counter];
  for (let from = 0; from < bytes.length;) {
    from = readFields(
      bytes,
      (field, wireType, reader) => {
        if (field === 1 && wireType === WireType.LengthDelimited) name = readText(reader.bytes());
        else if (field === 3 && wireType === WireType.Varint) type = reader.uint32();
        else return false;
        return true;
      },
      { from, to: Math.min(bytes.length, from + piece.bytes) },
    );
    if (from < bytes.length) yield piece;
  }
  return { name, type };
}

interface Value {
  readonly suffix: string;
  readonly value: number;
  readonly isCounter: boolean;
  readonly label?: readonly [name: string, value: string];
}

function readMetric(bytes: Uint8Array, name: string, type: number): readonly FamilySample[] | BadMetric {
  if (bytes.length > MAX_METRIC_BYTES) {
    const reason = `expected at most ${MAX_METRIC_BYTES} bytes in a metric, got ${bytes.length}`;
    return { problem: 'too_long', reason };
  }
  const labels = new Map<string, string>();
  let values: readonly Value[] = [];
  let timestampMs: number | null = null;
  const flaws: string[] = [];
  readFields(bytes, (field, wireType, reader) => {
    if (field === 6 && wireType === WireType.Varint) timestampMs = Number(reader.int64());
    else if (wireType !== WireType.LengthDelimited) return false;
    else if (field === 1) {
      const [key, value] = readPair(reader.bytes());
      if (key === null || value === null) flaws.push('expected labels in UTF-8');
      else if (value !== '') labels.set(key, value);
    } else if (field === 4) values = readSummary(reader.bytes());
    else if (field === 7) values = readHistogram(reader.bytes(), type === Type.gaugeHistogram);
    else if (field === 2 || field === 3 || field === 5) values = [readSingle(reader.bytes(), type)];
    else return false;
    return true;
  });
  const [flaw] = flaws;
  if (flaw !== undefined) return { problem: 'not_utf8', reason: flaw };
  if (labels.has('') || labels.has('__name__')) {
    return { problem: 'bad_label', reason: `${JSON.stringify(name.slice(0, 60))}: expected names of labels` };
  }
  if (values.length === 0) {
    return { problem: 'bad_value', reason: `${JSON.stringify(name.slice(0, 60))}: expected a value` };
  }
  return values.map(({ suffix, value, isCounter, label }) => ({
    name: name + suffix,
    labels: label === undefined ? labels : new Map([...labels, label]),
    value: Number.isFinite(value) ? value : null,
    timestampMs,
    isCounter,
  }));
}

function readPair(bytes: Uint8Array): readonly [name: string | null, value: string | null] {
  let [name, value]: [string | null, string | null] = ['', ''];
  readFields(bytes, (field, wireType, reader) => {
    if (wireType !== WireType.LengthDelimited || field > 2) return false;
    if (field === 1) name = readText(reader.bytes());
    else value = readText(reader.bytes());
    return true;
  });
  return [name, value];
}

/** Of a gauge, a counter, or what has no type. */
function readSingle(bytes: Uint8Array, type: number): Value {
  const [value] = readNumbers(bytes, [1]);
  return { suffix: '', value: value ?? 0, isCounter: type === Type.counter };
}

function readSummary(bytes: Uint8Array): readonly Value[] {
  const [count = 0, sum = 0] = readNumbers(bytes, [1, 2]);
  const quantiles = readRepeated(bytes, 3).map((one): Value => {
    const [quantile = 0, value = 0] = readNumbers(one, [1, 2]);
    return { suffix: '', value, isCounter: false, label: ['quantile', formatFloat(quantile)] };
  });
  return [...quantiles, ...sumAndCount(sum, count, false)];
}

/** Of a native histogram, which has no buckets of this kind, count and sum are kept. */
function readHistogram(bytes: Uint8Array, isGauge: boolean): readonly Value[] {
  const [whole = 0, sum = 0, float = 0] = readNumbers(bytes, [1, 2, 4]);
  const count = whole === 0 ? float : whole;
  const bounds = readRepeated(bytes, 3).map((one) => {
    const [inBucket = 0, bound = 0, floatInBucket = 0] = readNumbers(one, [1, 2, 4]);
    return [bound, inBucket === 0 ? floatInBucket : inBucket] as const;
  });
  const isClosed = bounds.length === 0 || bounds.some(([bound]) => bound === Infinity);
  const buckets = (isClosed ? bounds : [...bounds, [Infinity, count] as const]).map(
    ([bound, value]): Value => ({
      suffix: '_bucket',
      value,
      isCounter: !isGauge,
      label: ['le', formatFloat(bound)],
    }),
  );
  return [...buckets, ...sumAndCount(sum, count, isGauge)];
}

function sumAndCount(sum: number, count: number, isGauge: boolean): readonly Value[] {
  const prefix = isGauge ? '_g' : '_';
  return [
    { suffix: `${prefix}sum`, value: sum, isCounter: !isGauge },
    { suffix: `${prefix}count`, value: count, isCounter: !isGauge },
  ];
}

/** Fields that are doubles or whole numbers; undefined for one that is not there. */
function readNumbers(bytes: Uint8Array, wanted: readonly number[]): readonly (number | undefined)[] {
  const found = new Map<number, number>();
  readFields(bytes, (field, wireType, reader: FieldReader) => {
    if (!wanted.includes(field)) return false;
    if (wireType === WireType.Bit64) found.set(field, reader.double());
    else if (wireType === WireType.Varint) found.set(field, Number(reader.uint64()));
    else return false;
    return true;
  });
  return wanted.map((field) => found.get(field));
}

function readRepeated(bytes: Uint8Array, wanted: number): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  readFields(bytes, (field, wireType, reader) => {
    if (field !== wanted || wireType !== WireType.LengthDelimited) return false;
    found.push(reader.bytes());
    return true;
  });
  return found;
}
