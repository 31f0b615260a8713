/**
 * One series of a Prometheus remote write: labels, samples, histograms.
 * 1.0: https://prometheus.io/docs/specs/prw/remote_write_spec/ (prometheus.TimeSeries)
 * 2.0: https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/ (io.prometheus.write.v2.TimeSeries)
 *
 * A sample is a point of the metric `name;label=value…`, the name the same series has by any other way. A classic
 * histogram is series of its own (`_bucket`, `_sum`, `_count`). Of a native histogram two numbers are kept, as the points
 * `name_count` and `name_sum`: the detector scores numbers, and these are those the classic form has. Exemplars are
 * counted. Pure: no clock, no I/O.
 */
import {
  ProtobufError,
  readFields,
  readPackedUint32,
  readText,
  WireType,
} from '../../../platform/bounded-input/protobuf.ts';
import type { ValueKind } from '../../../model.ts';
import { writeSeriesName } from '../../sources/pushed-name.ts';
import { readHistogram, readSample, type RemoteValue } from './parse-value.ts';

/** Why a series was left out. */
type SeriesProblem = 'too_long' | 'malformed' | 'not_utf8' | 'no_name' | 'bad_label' | 'bad_symbol';

export interface BadSeries {
  readonly problem: SeriesProblem;
  /** What was expected. */
  readonly reason: string;
}

export interface RemoteSeries {
  /** The canonical name. */
  readonly metric: string;
  readonly unit: string | null;
  /** As its metadata or its name says; what is said of native histograms is not used. */
  readonly valueKind?: ValueKind;
  readonly samples: readonly RemoteValue<number>[];
  /** `countMetric` and `sumMetric` name its points. */
  readonly histograms: readonly RemoteValue<{ readonly count: number; readonly sum: number }>[];
  readonly countMetric: string;
  readonly sumMetric: string;
  readonly exemplars: number;
}

/** Maximum number of bytes of one series: 25,000 samples. Prometheus sends 2,000 samples in a whole request. */
export const MAX_SERIES_BYTES = 512 * 1024;
const NAME_LABEL = '__name__';
/** io.prometheus.write.v2.Metadata.MetricType */
const MetricType = { unspecified: 0, counter: 1, gauge: 2, histogram: 3, summary: 5 } as const;
/** Series whose sums only rise: https://prometheus.io/docs/practices/naming/ and the exposition of histograms. */
const COUNTER_NAME = /_(?:total|count|sum|bucket)$/;

/** Fields of the series that the two versions number differently. */
const FIELDS = {
  1: { labels: 1, samples: 2, exemplars: 3, histograms: 4, metadata: null },
  2: { labels: 1, samples: 2, exemplars: 4, histograms: 3, metadata: 5 },
} as const;

/** @param symbols of the request, null for one that is no UTF-8; null for version 1, which has none */
export function parseSeries(
  bytes: Uint8Array,
  symbols: readonly (string | null)[] | null,
): RemoteSeries | BadSeries {
  if (bytes.length > MAX_SERIES_BYTES) {
    const reason = `expected at most ${MAX_SERIES_BYTES} bytes in a series, got ${bytes.length}`;
    return { problem: 'too_long', reason };
  }
  try {
    const reader = new SeriesReader(symbols);
    reader.read(bytes);
    return reader.conclude();
  } catch (error) {
    if (error instanceof ProtobufError) return { problem: 'malformed', reason: error.message };
    throw error;
  }
}

class SeriesReader {
  readonly #symbols: readonly (string | null)[] | null;
  readonly #labels = new Map<string, string>();
  readonly #samples: RemoteValue<number>[] = [];
  readonly #histograms: RemoteValue<{ readonly count: number; readonly sum: number }>[] = [];
  /** Of version 2, in pairs. */
  readonly #refs: number[] = [];
  #exemplars = 0;
  #unit: string | null = null;
  #type: number = MetricType.unspecified;
  #problem: BadSeries | null = null;

  constructor(symbols: readonly (string | null)[] | null) {
    this.#symbols = symbols;
  }

  read(bytes: Uint8Array): void {
    const symbols = this.#symbols;
    const fields = FIELDS[symbols === null ? 1 : 2];
    readFields(bytes, (field, wireType, reader) => {
      if (field === fields.labels && symbols !== null && wireType === WireType.Varint) {
        this.#refs.push(reader.uint32());
        return true;
      }
      if (wireType !== WireType.LengthDelimited) return false;
      if (field === fields.labels) {
        if (symbols === null) this.#addLabel(readLabel(reader.bytes()));
        else for (const ref of readPackedUint32(reader.bytes())) this.#refs.push(ref);
      } else if (field === fields.samples) this.#samples.push(readSample(reader.bytes()));
      else if (field === fields.histograms) this.#histograms.push(readHistogram(reader.bytes()));
      else if (field === fields.metadata) this.#readMetadata(reader.bytes());
      else if (field === fields.exemplars) {
        reader.bytes();
        this.#exemplars += 1;
      } else return false;
      return true;
    });
    this.#resolveRefs();
  }

  conclude(): RemoteSeries | BadSeries {
    if (this.#problem !== null) return this.#problem;
    const name = this.#labels.get(NAME_LABEL);
    if (name === undefined || name === '')
      return { problem: 'no_name', reason: `expected the label ${NAME_LABEL}` };
    this.#labels.delete(NAME_LABEL);
    return {
      metric: writeSeriesName(name, this.#labels),
      countMetric: writeSeriesName(`${name}_count`, this.#labels),
      sumMetric: writeSeriesName(`${name}_sum`, this.#labels),
      unit: this.#unit === '' ? null : this.#unit,
      ...(this.#isCounter(name) ? { valueKind: 'COUNTER' } : {}),
      samples: this.#samples,
      histograms: this.#histograms,
      exemplars: this.#exemplars,
    };
  }

  /** The type goes before the name; a classic histogram or summary has series of several kinds. */
  #isCounter(name: string): boolean {
    const { unspecified, counter, histogram, summary } = MetricType;
    if (this.#type === counter) return true;
    const isByName = [unspecified, histogram, summary].some((type) => type === this.#type);
    return isByName && isCounterName(name);
  }

  #readMetadata(bytes: Uint8Array): void {
    const { type, unitRef } = readMetadata(bytes);
    this.#type = type;
    this.#unit = this.#symbol(unitRef);
  }

  #resolveRefs(): void {
    if (this.#refs.length % 2 !== 0) {
      this.#problem ??= { problem: 'bad_label', reason: 'expected labels_refs in pairs of name and value' };
    }
    for (let index = 0; index + 1 < this.#refs.length; index += 2) {
      this.#addLabel([this.#symbol(this.#refs[index]), this.#symbol(this.#refs[index + 1])]);
    }
  }

  #symbol(ref = 0): string | null {
    const symbols = this.#symbols ?? [];
    const symbol = symbols[ref];
    if (symbol !== undefined) return symbol;
    const reason = `expected a reference to one of ${symbols.length} symbols, got ${ref}`;
    this.#problem ??= { problem: 'bad_symbol', reason };
    return '';
  }

  /** A label with an empty value is as good as none. */
  #addLabel([name, value]: readonly [string | null, string | null]): void {
    if (name === null || value === null) {
      this.#problem ??= { problem: 'not_utf8', reason: 'expected labels in UTF-8' };
    } else if (name === '')
      this.#problem ??= { problem: 'bad_label', reason: 'expected a name of the label' };
    else if (this.#labels.has(name)) {
      const reason = `expected each label once, got ${JSON.stringify(name.slice(0, 60))} twice`;
      this.#problem ??= { problem: 'bad_label', reason };
    } else if (value !== '') this.#labels.set(name, value);
  }
}

/** Whether a series whose type nobody said is a counter, by the customs of its names. */
export function isCounterName(name: string): boolean {
  return COUNTER_NAME.test(name);
}

function readLabel(bytes: Uint8Array): readonly [name: string | null, value: string | null] {
  let [name, value]: [string | null, string | null] = ['', ''];
  readFields(bytes, (field, wireType, reader) => {
    if (wireType !== WireType.LengthDelimited) return false;
    if (field === 1) name = readText(reader.bytes());
    else if (field === 2) value = readText(reader.bytes());
    else return false;
    return true;
  });
  return [name, value];
}

/** Metadata of version 2; the help text is not used. */
function readMetadata(bytes: Uint8Array): { readonly type: number; readonly unitRef: number } {
  let [type, unitRef]: [number, number] = [MetricType.unspecified, 0];
  readFields(bytes, (field, wireType, reader) => {
    if (wireType !== WireType.Varint) return false;
    if (field === 1) type = reader.uint32();
    else if (field === 4) unitRef = reader.uint32();
    else return false;
    return true;
  });
  return { type, unitRef };
}
