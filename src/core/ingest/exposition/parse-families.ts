/**
 * An exposition as protocol buffers, which the library for Go pushes unless it is asked for text: io.prometheus.client.MetricFamily,
 * one after the other, each behind its length. It becomes what its text would be. Pure.
 * https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto
 * https://prometheus.io/docs/instrumenting/exposition_formats/#protobuf-format
 */
import {
  type FieldReader,
  ProtobufError,
  readDelimited,
  readFields,
  readText,
  WireType,
} from '../../../platform/bounded-input/protobuf.ts';
import type { BadExpositionLine, ExpositionSample, TypeLine } from './parse-line.ts';

/** What a line of text would hold. */
export type Exposed = ExpositionSample | TypeLine | BadExpositionLine;

/** By number. */
const TYPES = ['counter', 'gauge', 'summary', 'untyped', 'histogram', 'gaugehistogram'] as const;
/** Fields of a Metric → the types they are of. */
const VALUES: ReadonlyMap<number, readonly string[]> = new Map([
  [2, ['gauge']],
  [3, ['counter']],
  [4, ['summary']],
  [5, ['untyped']],
  [7, ['histogram', 'gaugehistogram']],
]);

/**
 * @param pieceBytes about how much is read before the caller may do something else; one metric is never divided
 * @throws ProtobufError where the bytes are no message from there on; what was read before it has been yielded
 */
export function* readFamilies(body: Uint8Array, pieceBytes: number): Generator<readonly Exposed[]> {
  for (const family of readDelimited(body)) {
    const { name, type } = readFamily(family);
    yield [{ family: name, type }];
    for (let from = 0; from < family.length;) {
      const exposed: Exposed[] = [];
      from = readFields(
        family,
        (field, wireType, reader) => {
          if (field !== 4 || wireType !== WireType.LengthDelimited) return false;
          exposed.push(...tryMetric(reader.bytes(), name, type));
          return true;
        },
        { from, to: Math.min(family.length, from + pieceBytes) },
      );
      yield exposed;
    }
  }
}

function readFamily(family: Uint8Array): { readonly name: string; readonly type: string } {
  const read: { name: string | null; type: number } = { name: '', type: 0 };
  readFields(family, (field, wireType, reader) => {
    if (field === 1 && wireType === WireType.LengthDelimited) read.name = readText(reader.bytes());
    else if (field === 3 && wireType === WireType.Varint) read.type = reader.uint32();
    else return false;
    return true;
  });
  const { name, type } = read;
  if (name === null) throw new ProtobufError('the name of a metric family: expected UTF-8');
  return { name, type: TYPES[type] ?? 'untyped' };
}

/** One metric that is wrong costs no other: where the next begins is known. */
function tryMetric(bytes: Uint8Array, name: string, type: string): readonly Exposed[] {
  try {
    return exposeMetric(bytes, name, type);
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    return [{ problem: 'not_protobuf', reason: `${name}: ${error.message}` }];
  }
}

function exposeMetric(bytes: Uint8Array, name: string, type: string): readonly Exposed[] {
  if (name === '') return [{ problem: 'bad_name', reason: 'expected the name of a metric family' }];
  const labels = new Map<string, string>();
  const faults: BadExpositionLine[] = [];
  const parts: Part[] = [];
  const time: { ms: number | null } = { ms: null };
  readFields(bytes, (field, wireType, reader) => {
    if (field === 6 && wireType === WireType.Varint) time.ms = Number(reader.int64());
    else if (wireType !== WireType.LengthDelimited) return false;
    else if (field === 1) faults.push(...addLabel(reader.bytes(), labels));
    else if (VALUES.get(field)?.includes(type) === true) parts.push(...readParts(reader.bytes(), type));
    else return false;
    return true;
  });
  if (faults.length > 0) return faults.slice(0, 1);
  if (parts.length === 0) {
    return [{ problem: 'bad_value', reason: `${name}: expected a value of the type ${type}` }];
  }
  const kept = [...labels].filter(([, value]) => value !== '');
  return parts.map(({ suffix, label, value }) => ({
    name: name + suffix,
    labels: new Map(label === undefined ? kept : [...kept, label]),
    value: Number.isFinite(value) ? value : null,
    timestampMs: time.ms,
  }));
}

/** @returns what is wrong with the label */
function addLabel(bytes: Uint8Array, labels: Map<string, string>): readonly BadExpositionLine[] {
  const texts = new Map<number, string | null>();
  readFields(bytes, (field, wireType, reader) => {
    if (wireType !== WireType.LengthDelimited || (field !== 1 && field !== 2)) return false;
    texts.set(field, readText(reader.bytes()));
    return true;
  });
  const { name = '', value = '' } = { name: texts.get(1), value: texts.get(2) };
  if (name === null || value === null) return [badLabel('expected labels in UTF-8')];
  if (name === '') return [badLabel('expected the name of a label')];
  if (labels.has(name)) return [badLabel(`${JSON.stringify(name.slice(0, 60))}: expected each label once`)];
  labels.set(name, value);
  return [];
}

function badLabel(reason: string): BadExpositionLine {
  return { problem: 'bad_label', reason };
}

/** One number of a metric, and what sets its series apart. */
interface Part {
  readonly suffix: '' | '_bucket' | '_count' | '_sum';
  readonly label?: readonly [string, string];
  readonly value: number;
}

function readParts(bytes: Uint8Array, type: string): readonly Part[] {
  if (type === 'summary') return readSummary(bytes);
  if (type === 'histogram' || type === 'gaugehistogram') return readHistogram(bytes);
  return [{ suffix: '', value: readNumbers(bytes, { 1: 'double' })[1] ?? 0 }];
}

function readSummary(bytes: Uint8Array): readonly Part[] {
  const { 1: count = 0, 2: sum = 0 } = readNumbers(bytes, { 1: 'uint64', 2: 'double' });
  const quantiles = readMessages(bytes, 3).map((quantile): Part => {
    const { 1: at = 0, 2: value = 0 } = readNumbers(quantile, { 1: 'double', 2: 'double' });
    return { suffix: '', label: ['quantile', writeGoFloat(at)], value };
  });
  return [...quantiles, { suffix: '_sum', value: sum }, { suffix: '_count', value: count }];
}

/** Of a native histogram without buckets of its own count and sum are all that is taken, as of a remote write. */
function readHistogram(bytes: Uint8Array): readonly Part[] {
  const numbers = readNumbers(bytes, { 1: 'uint64', 2: 'double', 4: 'double' });
  const { 1: whole = 0, 2: sum = 0, 4: count = whole } = numbers;
  const buckets = readMessages(bytes, 3).map((bucket): Part => {
    const {
      1: lower = 0,
      2: bound = 0,
      4: value = lower,
    } = readNumbers(bucket, {
      1: 'uint64',
      2: 'double',
      4: 'double',
    });
    return { suffix: '_bucket', label: ['le', writeGoFloat(bound)], value };
  });
  const hasLast = buckets.length === 0 || buckets.some(({ label }) => label?.[1] === '+Inf');
  const last: Part = { suffix: '_bucket', label: ['le', '+Inf'], value: count };
  return [
    ...buckets,
    ...(hasLast ? [] : [last]),
    { suffix: '_sum', value: sum },
    { suffix: '_count', value: count },
  ];
}

type NumberKind = keyof Pick<FieldReader, 'double' | 'uint64'>;

/** The last of each field, as a number; others are skipped. */
function readNumbers(
  bytes: Uint8Array,
  kinds: Readonly<Record<number, NumberKind>>,
): Readonly<Record<number, number | undefined>> {
  const numbers: Record<number, number> = {};
  readFields(bytes, (field, wireType, reader) => {
    const kind = kinds[field];
    if (kind === undefined || wireType !== (kind === 'double' ? WireType.Bit64 : WireType.Varint))
      return false;
    numbers[field] = Number(reader[kind]());
    return true;
  });
  return numbers;
}

function readMessages(bytes: Uint8Array, wanted: number): readonly Uint8Array[] {
  const messages: Uint8Array[] = [];
  readFields(bytes, (field, wireType, reader) => {
    if (field !== wanted || wireType !== WireType.LengthDelimited) return false;
    messages.push(reader.bytes());
    return true;
  });
  return messages;
}

/** Before the point, of a number that is written without an exponent. */
const MAX_GO_DIGITS = 6;

/**
 * As Go's strconv.FormatFloat(value, 'g', -1, 64), which the text of the same library has: so a series is called the same
 * whichever of the two a job pushes.
 */
export function writeGoFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < MAX_GO_DIGITS) return String(value);
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
