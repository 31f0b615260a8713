/** Hands a body of line protocol to the data path, and keeps account of every line that was not taken. */
import { readBodyLines } from '../../../core/ingest/line-protocol/split-body.ts';
import type { BadLine, GoodLine, Precision } from '../../../core/ingest/line-protocol/parse-line.ts';
import { nextParseSlot, PIECE_BYTES } from '../../../platform/bounded-input/parse-slot.ts';
import { FaultList, MAX_FAULTS } from '../push/fault-list.ts';
import { PointParts, type StoreOptions } from '../push/point-parts.ts';

/** A line, or a field of it, that was left out. */
interface LineFault {
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

export interface WriteLinesOptions extends StoreOptions {
  readonly precision: Precision;
  readonly arrivalMs: number;
}

/** Lines of one body, blank ones too: what the largest body has where each is as short as a useful one can be. */
export const MAX_LINES = 1_000_000;

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
    if (account.parts.isFull()) await account.parts.handOver();
  }
  await account.parts.handOver();
  return account.conclude();
}

/** What was read of one body, and what became of it. */
class WriteAccount {
  readonly #options: WriteLinesOptions;
  /** The points that wait, each with its line. */
  readonly parts: PointParts<number>;
  readonly #faults = new FaultList();
  #stopped: LineFault | null = null;

  constructor(options: WriteLinesOptions) {
    this.#options = options;
    this.parts = new PointParts(options, (line, reason) => this.#faults.add(line, reason));
  }

  /** Whether the line and those behind it are not read any more. */
  stopsBefore(line: number): boolean {
    let reason: string | null = null;
    if (line > MAX_LINES) reason = `a write may have ${MAX_LINES} lines: send it in parts`;
    else if (this.#faults.isFull()) reason = `a write may have ${MAX_FAULTS} faults`;
    if (reason !== null) this.#stopped = { line: Math.min(line - 1, MAX_LINES), reason };
    return reason !== null;
  }

  take(line: number, result: GoodLine | BadLine): void {
    const { stats } = this.#options;
    const { lines = 1 } = 'problem' in result ? result : {};
    stats.count('line_protocol_lines', lines);
    if ('problem' in result) {
      stats.countReason('line_protocol_lines_bad', result.problem, lines);
      this.#faults.add(line, result.reason, lines);
      return;
    }
    stats.count('line_protocol_fields_skipped', result.skippedFields);
    for (const point of result.points) this.parts.add(point, line);
  }

  conclude(): WriteResult {
    return {
      points: this.parts.stored,
      faults: this.#faults.count,
      shown: this.#faults.shown().map(({ place, reason }) => ({ line: place, reason })),
      stopped: this.#stopped,
    };
  }
}
