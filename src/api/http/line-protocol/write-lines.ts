/** Hands a body of line protocol to the data path, and keeps account of every line that was not taken. */
import type { Accept, NamedPoint } from '../../../core/ingest/accept.ts';
import { readBodyLines } from '../../../core/ingest/line-protocol/split-body.ts';
import type { Precision } from '../../../core/ingest/line-protocol/parse-line.ts';
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
}

/** Points handed over at once: other work gets its turn between two such parts. */
const PART_POINTS = 5000;
const MOST_SHOWN = 20;

/**
 * Stores the good lines; each bad one costs only itself.
 * @throws RetryLaterError when the data path cannot take them: some parts may be stored by then, and sending all of
 *   it again is safe
 */
export async function writeLines(
  body: Buffer,
  options: {
    readonly precision: Precision;
    readonly arrivalMs: number;
    readonly accept: Pick<Accept, 'acceptNamed'>;
    readonly stats: Stats;
  },
): Promise<WriteResult> {
  const { stats, accept } = options;
  const account = { points: 0, faults: 0, shown: [] as LineFault[] };
  const blame = (line: number, reason: string, lines = 1) => {
    account.faults += lines;
    if (account.shown.length < MOST_SHOWN) account.shown.push({ line, reason });
  };
  let points: NamedPoint[] = [];
  /** The line of each of `points`. */
  let lines: number[] = [];
  const handOver = async () => {
    const { rejected } = await accept.acceptNamed(points);
    for (const { index, reason } of rejected) blame(lines[index] ?? 0, reason);
    account.points += points.length - rejected.length;
    points = [];
    lines = [];
  };
  for (const { number, result } of readBodyLines(body, options)) {
    const { lines: count = 1 } = 'problem' in result ? result : {};
    stats.count('line_protocol_lines', count);
    if ('problem' in result) {
      stats.countReason('line_protocol_lines_bad', result.problem, count);
      blame(number, result.reason, count);
      continue;
    }
    stats.count('line_protocol_fields_skipped', result.skippedFields);
    for (const point of result.points) {
      points.push(point);
      lines.push(number);
    }
    if (points.length >= PART_POINTS) await handOver();
  }
  if (points.length > 0) await handOver();
  return { ...account, shown: account.shown.toSorted((a, b) => a.line - b.line) };
}
