/** Hands the data points of an OTLP request to the data path, and keeps account of each that was not taken. */
import type { BadPoint, GoodPoint } from '../../../core/ingest/otlp/name-series.ts';
import { readOtlpJson } from '../../../core/ingest/otlp/parse-json.ts';
import { type OtlpItem, readOtlpRequest } from '../../../core/ingest/otlp/split-request.ts';
import { nextParseSlot, PIECE_BYTES } from '../../../platform/bounded-input/parse-slot.ts';
import { JsonShapeError, parseJson } from '../../../platform/bounded-input/parse-json.ts';
import { ProtobufError } from '../../../platform/bounded-input/protobuf.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import { FaultList, MAX_FAULTS, type PushResult } from '../push/fault-list.ts';
import { PointParts, type StoreOptions } from '../push/point-parts.ts';

/** Maximum number of data points of one request. The SDKs send some thousands, the Collector 8,192 by default. */
const MAX_DATA_POINTS = 1_000_000;
/** About as much work as a piece of bytes. */
const PIECE_POINTS = 500;

export type OtlpEncoding = 'protobuf' | 'json';

export interface StoreMetricsOptions extends StoreOptions {
  readonly encoding: OtlpEncoding;
}

export interface StoreMetricsResult extends PushResult {
  /** Data points that were left out: sending them again will not help. */
  readonly rejected: number;
}

/**
 * Stores the good data points; each bad one costs only itself. Other work goes on between two pieces of the body.
 * @throws RetryLaterError when the data path cannot take them: some may be stored by then, and sending all of it again
 *   is safe
 */
export async function storeMetrics(body: Buffer, options: StoreMetricsOptions): Promise<StoreMetricsResult> {
  const account = new DataPointAccount(options);
  let stopped: StoreMetricsResult['stopped'] = null;
  try {
    let [bytes, points] = [0, 0];
    for (const item of readItems(body, options.encoding)) {
      if (typeof item === 'number') bytes += item;
      else account.take(item);
      points += 1;
      if (bytes >= PIECE_BYTES || points >= PIECE_POINTS) {
        [bytes, points] = [0, 0];
        await nextParseSlot();
      }
      if (account.parts.isFull()) await account.parts.handOver();
      stopped = account.findLimit();
      if (stopped !== null) break;
    }
  } catch (error) {
    stopped = explainStop(error);
  }
  await account.parts.handOver();
  return account.conclude(stopped);
}

function readItems(body: Buffer, encoding: OtlpEncoding): Generator<OtlpItem> {
  return encoding === 'protobuf' ? readOtlpRequest(body) : readOtlpJson(parseJson(body));
}

function explainStop(error: unknown): StoreMetricsResult['stopped'] {
  if (error instanceof ProtobufError || error instanceof JsonShapeError)
    return { status: 400, reason: error.message };
  if (error instanceof SyntaxError) return { status: 400, reason: `no JSON: ${error.message}` };
  throw error;
}

/** A data point may be several points: one that loses any of them is rejected once. */
interface Origin {
  readonly place: number;
  isRejected: boolean;
}

class DataPointAccount {
  readonly #stats: Stats;
  readonly parts: PointParts<Origin>;
  readonly #faults = new FaultList();
  #dataPoints = 0;
  #rejected = 0;

  constructor(options: StoreMetricsOptions) {
    this.#stats = options.stats;
    this.parts = new PointParts(options, (origin, reason) => this.#reject(origin, reason));
  }

  take(item: GoodPoint | BadPoint): void {
    this.#dataPoints += 1;
    this.#stats.count('otlp_data_points');
    const origin: Origin = { place: this.#dataPoints, isRejected: false };
    if ('problem' in item) {
      this.#stats.countReason('otlp_data_points_bad', item.problem);
      this.#reject(origin, item.reason);
      return;
    }
    if (item.skipped !== null) this.#stats.countReason('otlp_data_points_skipped', item.skipped);
    for (const point of item.points) this.parts.add(point, origin);
  }

  /** Why no more is read of a request that is so far bigger or worse than any sender's. */
  findLimit(): StoreMetricsResult['stopped'] {
    if (this.#dataPoints > MAX_DATA_POINTS) {
      return { status: 413, reason: `a request may have ${MAX_DATA_POINTS} data points: send it in parts` };
    }
    return this.#faults.isFull() ? { status: 413, reason: `a request may have ${MAX_FAULTS} faults` } : null;
  }

  conclude(stopped: StoreMetricsResult['stopped']): StoreMetricsResult {
    return { rejected: this.#rejected, faults: this.#faults, stopped };
  }

  #reject(origin: Origin, reason: string): void {
    this.#faults.add(origin.place, reason);
    if (!origin.isRejected) this.#rejected += 1;
    origin.isRejected = true;
  }
}
