/** Hands a body of line protocol to the data path, and keeps account of every line that was not taken. */
import type { Ingest, NamedPoint } from '../../../core/ingest/ingest.ts';
import { readBodyLines } from '../../../core/ingest/line-protocol/split-body.ts';
import type { BadLine, GoodLine, Precision } from '../../../core/ingest/line-protocol/parse-line.ts';
import { nextParseSlot, PIECE_BYTES } from '../../../platform/bounded-input/parse-slot.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';

/** A line, or a field of it, that was left out. */
export interface LineFault {
  /** Counted from 1. */
  readonly line: number;
  readonly reason: string;
}

export interface WriteResult {
  /** Stored, or stored already. */
  readonly points: number;
  /** How many faults there were; `shown` has the first of them. */
  readonly faults: number;
  readonly shown: readonly LineFault[];
  /** The last line that was read, and why none behind it was; null when all were. */
  readonly stopped: LineFault | null;
}

export interface WriteLinesOptions {
  readonly precision: Precision;
  readonly arrivalMs: number;
  readonly accept: Pick<Ingest, 'acceptNamed'>;
  readonly stats: Stats;
}

/** Lines of one body, blank ones too: what the largest body has where each is as short as a useful one can be. */
export const MAX_LINES = 1_000_000;
/** Faults of one body: a sender with more of them speaks another protocol. */
export const MAX_FAULTS = 100_000;
/** Points handed over at once. */
const PART_POINTS = 5000;
const MAX_SHOWN = 20;

/**
 * Stores the good lines; each bad one costs only itself. Other work goes on between two pieces of the body, whatever
 * is in it.
 * @throws RetryLaterError when the data path cannot take them: some parts may be stored by then, and sending all of
 *   it again is safe
 */
export async function writeLines(body: Buffer, options: WriteLinesOptions): Promise<WriteResult> {
  const account = new WriteAccount(options);
  let pieceEnd = PIECE_BYTES;
  for (const { number, result, end } of readBodyLines(body, options)) {
    if (end > pieceEnd) {
      pieceEnd = end + PIECE_BYTES;
      await nextParseSlot();
    }
    if (account.stopsBefore(number)) break;
    if (result === null) continue;
    account.take(number, result);
    if (account.isPartFull()) await account.handOver();
  }
  await account.handOver();
  return account.conclude();
}

/** What was read of one body, and what became of it. */
class WriteAccount {
  readonly #options: WriteLinesOptions;
  #points: NamedPoint[] = [];
  /** The line of each of the points that wait. */
  #lines: number[] = [];
  #stored = 0;
  #faults = 0;
  readonly #shown: LineFault[] = [];
  #stopped: LineFault | null = null;

  constructor(options: WriteLinesOptions) {
    this.#options = options;
  }

  /** Whether the line and those behind it are not read any more. */
  stopsBefore(line: number): boolean {
    let reason: string | null = null;
    if (line > MAX_LINES) reason = `a write may have ${MAX_LINES} lines: send it in parts`;
    else if (this.#faults >= MAX_FAULTS) reason = `a write may have ${MAX_FAULTS} faults`;
    if (reason !== null) this.#stopped = { line: Math.min(line - 1, MAX_LINES), reason };
    return reason !== null;
  }

  take(line: number, result: GoodLine | BadLine): void {
    const { stats } = this.#options;
    const { lines = 1 } = 'problem' in result ? result : {};
    stats.count('line_protocol_lines', lines);
    if ('problem' in result) {
      stats.countReason('line_protocol_lines_bad', result.problem, lines);
      this.#blame(line, result.reason, lines);
      return;
    }
    stats.count('line_protocol_fields_skipped', result.skippedFields);
    for (const point of result.points) {
      this.#points.push(point);
      this.#lines.push(line);
    }
  }

  isPartFull(): boolean {
    return this.#points.length >= PART_POINTS;
  }

  /** @throws RetryLaterError */
  async handOver(): Promise<void> {
    const [points, lines] = [this.#points, this.#lines];
    if (points.length === 0) return;
    [this.#points, this.#lines] = [[], []];
    const { rejected } = await this.#options.accept.acceptNamed(points);
    for (const { index, reason } of rejected) this.#blame(lines[index] ?? 0, reason);
    this.#stored += points.length - rejected.length;
  }

  conclude(): WriteResult {
    return {
      points: this.#stored,
      faults: this.#faults,
      shown: this.#shown.toSorted((a, b) => a.line - b.line),
      stopped: this.#stopped,
    };
  }

  #blame(line: number, reason: string, lines = 1): void {
    this.#faults += lines;
    if (this.#shown.length < MAX_SHOWN) this.#shown.push({ line, reason });
  }
}
