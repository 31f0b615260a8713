/** Hands the series of a Prometheus remote write to the data path, and keeps account of each that was not taken. */
import type { BadSeries, RemoteSeries } from '../../../core/ingest/remote-write/parse-series.ts';
import type { RemoteValue } from '../../../core/ingest/remote-write/parse-value.ts';
import {
  readPieces,
  type RemoteWriteVersion,
  TooManySymbolsError,
} from '../../../core/ingest/remote-write/split-request.ts';
import { nextParseSlot, PIECE_BYTES } from '../../../platform/bounded-input/parse-slot.ts';
import { ProtobufError } from '../../../platform/bounded-input/protobuf.ts';
import { FaultList, MAX_FAULTS, type PushResult } from '../push/fault-list.ts';
import { PointParts, type StoreOptions } from '../push/point-parts.ts';

/** Maximum number of samples and histograms of one request. Prometheus sends 2,000, vmagent 10,000. */
const MAX_VALUES = 1_000_000;

export interface StoreSeriesOptions extends StoreOptions {
  readonly version: RemoteWriteVersion;
}

export interface StoreSeriesResult extends PushResult {
  /** Stored, stored already, or holding no number. */
  readonly samples: number;
  readonly histograms: number;
}

/**
 * Stores the good series; each bad one costs only itself. Other work goes on between two pieces of the body.
 * @throws RetryLaterError when the data path cannot take them: some may be stored by then, and sending all of it again
 *   is safe
 */
export async function storeSeries(body: Buffer, options: StoreSeriesOptions): Promise<StoreSeriesResult> {
  const account = new SeriesAccount(options);
  let stopped: StoreSeriesResult['stopped'] = null;
  try {
    let isFirst = true;
    for (const { series, metadata } of readPieces(body, options.version, PIECE_BYTES)) {
      if (!isFirst) await nextParseSlot();
      isFirst = false;
      account.takeMetadata(metadata);
      for (const one of series) {
        account.take(one);
        if (account.parts.isFull()) await account.parts.handOver();
      }
      stopped = account.findLimit();
      if (stopped !== null) break;
    }
  } catch (error) {
    stopped = explainStop(error);
  }
  await account.parts.handOver();
  return account.conclude(stopped ?? (body.length > 0 ? account.findNothing() : null));
}

function explainStop(error: unknown): StoreSeriesResult['stopped'] {
  if (error instanceof ProtobufError) return { status: 400, reason: error.message };
  if (error instanceof TooManySymbolsError) return { status: 413, reason: error.message };
  throw error;
}

/** What a point came from: a sample of a series, or one of the two numbers of a histogram. */
interface Origin {
  readonly series: number;
  readonly kind: 'sample' | 'histogram';
}

class SeriesAccount {
  readonly #options: StoreSeriesOptions;
  readonly parts: PointParts<Origin>;
  readonly #faults = new FaultList();
  #series = 0;
  #metadata = 0;
  readonly #values = { sample: 0, histogram: 0 };
  #samplesRejected = 0;
  readonly #histogramsRejected = new Set<Origin>();

  constructor(options: StoreSeriesOptions) {
    this.#options = options;
    this.parts = new PointParts(options, (origin, reason) => this.#reject(origin, reason));
  }

  takeMetadata(descriptions: number): void {
    this.#metadata += descriptions;
    this.#options.stats.count('remote_write_metadata', descriptions);
  }

  take(series: RemoteSeries | BadSeries): void {
    const { stats } = this.#options;
    this.#series += 1;
    stats.count('remote_write_series');
    if ('problem' in series) {
      stats.countReason('remote_write_series_bad', series.problem);
      this.#faults.add(this.#series, series.reason);
      return;
    }
    stats.count('remote_write_exemplars_skipped', series.exemplars);
    const { metric, countMetric, sumMetric, unit, valueKind } = series;
    const origin: Origin = { series: this.#series, kind: 'sample' };
    for (const { timestampMs, value } of this.#keepNumbers(series.samples, 'sample')) {
      this.parts.add({ metric, timestampMs, value, unit, valueKind }, origin);
    }
    for (const { timestampMs, value } of this.#keepNumbers(series.histograms, 'histogram')) {
      const one: Origin = { series: this.#series, kind: 'histogram' };
      this.parts.add({ metric: countMetric, timestampMs, value: value.count }, one);
      this.parts.add({ metric: sumMetric, timestampMs, value: value.sum, unit }, one);
    }
  }

  /** Why no more is read of a request that is so far bigger or worse than any sender's. */
  findLimit(): StoreSeriesResult['stopped'] {
    const reason =
      this.#values.sample + this.#values.histogram > MAX_VALUES
        ? `a write may have ${MAX_VALUES} samples: send it in parts`
        : this.#faults.isFull()
          ? `a write may have ${MAX_FAULTS} faults`
          : null;
    return reason === null ? null : { status: 413, reason };
  }

  /** A message of the other version, and many that are none, read as one with no series. */
  findNothing(): StoreSeriesResult['stopped'] {
    if (this.#series + this.#metadata > 0) return null;
    const { version } = this.#options;
    return {
      status: 400,
      reason: `expected series of remote write ${version}.0, found none: see content-type`,
    };
  }

  conclude(stopped: StoreSeriesResult['stopped']): StoreSeriesResult {
    return {
      samples: this.#values.sample - this.#samplesRejected,
      histograms: this.#values.histogram - this.#histogramsRejected.size,
      faults: this.#faults,
      stopped,
    };
  }

  *#keepNumbers<T>(
    values: readonly RemoteValue<T>[],
    kind: Origin['kind'],
  ): Generator<{ readonly timestampMs: number; readonly value: T }> {
    this.#values[kind] += values.length;
    for (const one of values) {
      if (one.skipped === null) yield one;
      else this.#options.stats.countReason('remote_write_values_skipped', one.skipped);
    }
  }

  #reject(origin: Origin, reason: string): void {
    if (origin.kind === 'sample') this.#samplesRejected += 1;
    else this.#histogramsRejected.add(origin);
    this.#faults.add(origin.series, reason);
  }
}
