/** Hands the samples of an exposition to the data path, and keeps account of every line that was not taken. */
import { isUtf8 } from 'node:buffer';
import {
  type BadExpositionLine,
  type ExpositionFormat,
  type ExpositionSample,
  parseExpositionLine,
} from '../../../core/ingest/exposition/parse-line.ts';
import { isCounterName } from '../../../core/ingest/remote-write/parse-series.ts';
import { writeSeriesName } from '../../../core/sources/pushed-name.ts';
import type { ValueKind } from '../../../model.ts';
import { nextParseSlot, PIECE_BYTES } from '../../../platform/bounded-input/parse-slot.ts';
import { FaultList, MAX_FAULTS, type PushResult } from '../push/fault-list.ts';
import { PointParts, type StoreOptions } from '../push/point-parts.ts';

export interface StoreLinesOptions extends StoreOptions {
  /** Of lines; text when left out. */
  readonly format?: ExpositionFormat;
  /** Of lines that leave their time to us, in milliseconds since 1970. */
  readonly arrivalMs: number;
  /** Labels of every series, whatever its line says. */
  readonly labels: ReadonlyMap<string, string>;
}

export interface StoreLinesResult extends PushResult {
  /** Stored, stored already, or holding no number. */
  readonly samples: number;
}

const MAX_LINE_BYTES = 65_536;
const MAX_LINES = 1_000_000;
const NEWLINE = 0x0a;
/** Types whose series are of several kinds, as their names say. */
const TYPES_BY_NAME: readonly string[] = ['histogram', 'summary', 'untyped', 'unknown'];
/** What the names of a family's series have behind its own, by its type. */
const SUFFIXES: ReadonlyMap<string, readonly string[]> = new Map([
  ['counter', ['', '_total', '_created']],
  ['histogram', ['_bucket', '_count', '_sum', '_created']],
  ['gaugehistogram', ['_bucket', '_gcount', '_gsum']],
  ['summary', ['', '_count', '_sum', '_created']],
  ['info', ['', '_info']],
]);

/**
 * Stores the good lines; each bad one costs only itself. Other work goes on between two pieces of the body.
 * @throws RetryLaterError when the data path cannot take them: some may be stored by then, and sending all of it again
 *   is safe
 */
export async function storeLines(body: Buffer, options: StoreLinesOptions): Promise<StoreLinesResult> {
  const account = new PushAccount(options);
  let pieceEnd = PIECE_BYTES;
  for (let [start, number] = [0, 1]; start < body.length; number += 1) {
    const found = body.indexOf(NEWLINE, start);
    const end = found < 0 ? body.length : found;
    if (account.stopsBefore(number)) break;
    account.take(number, body.subarray(start, end));
    if (account.parts.isFull()) await account.parts.handOver();
    start = end + 1;
    if (start <= pieceEnd) continue;
    pieceEnd = start + PIECE_BYTES;
    await nextParseSlot();
  }
  await account.parts.handOver();
  return account.conclude();
}

/** What was read of one push, and what became of it. Places are lines, or families of metrics. */
export class PushAccount {
  readonly #options: StoreLinesOptions;
  readonly parts: PointParts<number>;
  readonly #faults = new FaultList();
  #samples = 0;
  #stopped: string | null = null;
  /** What the last comment of a type said. */
  #family = '';
  #type = 'untyped';

  constructor(options: StoreLinesOptions) {
    this.#options = options;
    this.parts = new PointParts(options, (place, reason) => {
      this.#samples -= 1;
      this.#faults.add(place, reason);
    });
  }

  /** Whether the line and those behind it are not read any more. */
  stopsBefore(line: number): boolean {
    if (line > MAX_LINES) this.#stopped = `a push may have ${MAX_LINES} lines: send it in parts`;
    else if (this.#samples > MAX_LINES)
      this.#stopped = `a push may have ${MAX_LINES} samples: send it in parts`;
    else if (this.#faults.isFull()) this.#stopped = `a push may have ${MAX_FAULTS} faults`;
    return this.#stopped !== null;
  }

  take(line: number, bytes: Buffer): void {
    const { format = 'text' } = this.#options;
    if (bytes.length > MAX_LINE_BYTES) {
      this.blame(line, 'too_long', `expected at most ${MAX_LINE_BYTES} bytes in a line`);
      return;
    }
    if (!isUtf8(bytes)) {
      this.blame(line, 'not_utf8', 'expected UTF-8');
      return;
    }
    const read = parseExpositionLine(bytes.toString('utf8'), format);
    if (read === null) return;
    if ('type' in read) [this.#family, this.#type] = [read.family, read.type];
    else if ('problem' in read) this.blame(line, read.problem, read.reason);
    else this.add(line, read, this.#kindOf(read.name));
  }

  blame(
    place: number,
    problem: BadExpositionLine['problem'] | 'too_long' | 'not_utf8',
    reason: string,
  ): void {
    this.#options.stats.countReason('exposition_lines_bad', problem);
    this.#faults.add(place, reason);
  }

  add(
    place: number,
    { name, labels, value, timestampMs }: ExpositionSample,
    valueKind: ValueKind | undefined,
  ): void {
    const { stats, arrivalMs, labels: ofAll } = this.#options;
    stats.count('exposition_samples');
    this.#samples += 1;
    if (value === null) {
      stats.count('exposition_values_skipped');
      return;
    }
    const metric = writeSeriesName(name, [...labels, ...ofAll]);
    this.parts.add({ metric, timestampMs: timestampMs ?? arrivalMs, value, valueKind }, place);
  }

  /** The type goes before the name. A series of another family may begin with the same words: nobody said its type. */
  #kindOf(name: string): ValueKind | undefined {
    const suffixes = SUFFIXES.get(this.#type) ?? [''];
    const isOfFamily = suffixes.some((suffix) => name === this.#family + suffix);
    const type = isOfFamily ? this.#type : 'untyped';
    // OpenMetrics has the time a counter began beside it.
    const isSum = type === 'counter' && !name.endsWith('_created');
    const isCounter = isSum || (TYPES_BY_NAME.includes(type) && isCounterName(name));
    return isCounter ? 'COUNTER' : undefined;
  }

  /** @param broken why nothing more can be understood; null when all was */
  conclude(broken: string | null = null): StoreLinesResult {
    const reason = this.#stopped ?? broken;
    const status = this.#stopped === null ? 400 : 413;
    const stopped = reason === null ? null : ({ status, reason } as const);
    return { samples: this.#samples, faults: this.#faults, stopped };
  }
}
