/**
 * A part of the log of scores as one binary message between members of a cluster, column by column: a replica that read the
 * same from the database would take ten times the CPU.
 *
 * Layout, in the byte order of the machine: MARK, `after`, `upTo` and the number of rows as doubles; the columns of DOUBLES,
 * then those of INTEGERS (four bytes each), then one byte each of flags, view and phase.
 */
import { ANOMALY_PHASES, VIEWS } from '../../../model.ts';
import type { ScoredSample } from '../../samples/stored-sample.ts';

/** Which part of the log: offsets in (after, upTo]; of those without a sample the metric was deleted. */
export interface ScoreFrame {
  readonly after: number;
  readonly upTo: number;
  readonly samples: readonly ScoredSample[];
}

/** What both sides have to speak: WebSocket's subprotocol. Another layout is another name. */
export const SCORE_PROTOCOL = 'lapwing-scores-1';

/** Reads as another number on a machine of the other byte order. */
const MARK = 20261130.5;
const HEAD = 4;
const DOUBLES = ['seq', 'timestampMs', 'value', 'score', 'expected', 'low', 'high', 'rawScore'] as const;
const INTEGERS = ['metricNumber', 'rowId'] as const;
const PROVISIONAL = 1;
const EPISODE = 2;
const BYTE_COLUMNS = 3;

export function encodeFrame({ after, upTo, samples }: ScoreFrame): Uint8Array {
  const rows = samples.length;
  const { bytes, doubles, integers, codes } = layOut(new ArrayBuffer(sizeOf(rows)), rows);
  doubles.set([MARK, after, upTo, rows]);
  for (const [column, name] of DOUBLES.entries()) {
    const start = HEAD + column * rows;
    for (const [row, sample] of samples.entries()) doubles[start + row] = sample[name];
  }
  for (const [column, name] of INTEGERS.entries()) {
    for (const [row, sample] of samples.entries()) integers[column * rows + row] = sample[name];
  }
  for (const [row, { provisional, episode, view, phase }] of samples.entries()) {
    codes[row] = (provisional ? PROVISIONAL : 0) + (episode ? EPISODE : 0);
    codes[rows + row] = view === null ? 0 : VIEWS.indexOf(view) + 1;
    codes[2 * rows + row] = phase === null ? 0 : ANOMALY_PHASES.indexOf(phase) + 1;
  }
  return bytes;
}

/** @throws RangeError for what `encodeFrame` did not make, or made on a machine of the other byte order */
export function decodeFrame(message: Uint8Array): ScoreFrame {
  const [mark = 0, after = 0, upTo = 0, rows = 0] = readHead(message);
  const isWhole = Number.isInteger(rows) && rows >= 0 && message.byteLength === sizeOf(rows);
  if (mark !== MARK || !isWhole) throw new RangeError('not a frame of scores');
  // A view of doubles begins at a multiple of eight bytes, which a message does not.
  const { doubles, integers, codes } = layOut(copyOf(message), rows);
  const samples = Array.from({ length: rows }, (_, row): ScoredSample => {
    const double = (column: number) => doubles[HEAD + column * rows + row] ?? Number.NaN;
    const flags = codes[row] ?? 0;
    return {
      metricNumber: integers[row] ?? 0,
      rowId: integers[rows + row] ?? 0,
      timestampMs: double(1),
      value: double(2),
      seq: double(0),
      score: double(3),
      expected: double(4),
      low: double(5),
      high: double(6),
      rawScore: double(7),
      view: VIEWS[(codes[rows + row] ?? 0) - 1] ?? null,
      provisional: (flags & PROVISIONAL) !== 0,
      episode: (flags & EPISODE) !== 0,
      phase: ANOMALY_PHASES[(codes[2 * rows + row] ?? 0) - 1] ?? null,
    };
  });
  return { after, upTo, samples };
}

function sizeOf(rows: number): number {
  return 8 * (HEAD + DOUBLES.length * rows) + 4 * INTEGERS.length * rows + BYTE_COLUMNS * rows;
}

function layOut(buffer: ArrayBuffer, rows: number) {
  const integersAt = 8 * (HEAD + DOUBLES.length * rows);
  const codesAt = integersAt + 4 * INTEGERS.length * rows;
  return {
    bytes: new Uint8Array(buffer),
    doubles: new Float64Array(buffer, 0, HEAD + DOUBLES.length * rows),
    integers: new Int32Array(buffer, integersAt, INTEGERS.length * rows),
    codes: new Uint8Array(buffer, codesAt, BYTE_COLUMNS * rows),
  };
}

function readHead(message: Uint8Array): Float64Array {
  if (message.byteLength < 8 * HEAD) throw new RangeError('not a frame of scores');
  return new Float64Array(copyOf(message.subarray(0, 8 * HEAD)));
}

function copyOf(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return copy;
}
