/**
 * A part of the log of scores as one binary message between members of a cluster: a replica that read the same from the
 * database would take ten times the CPU.
 *
 * Layout, in the byte order of the machine: MARK, `after`, `upTo` and the number of rows as doubles; DOUBLES of each row; INTEGERS
 * of each row, of four bytes; BYTES of each row: its flags, view and phase.
 */
import { ANOMALY_PHASES, VIEWS } from '../../../model.ts';
import type { ScoredSample } from '../../samples/stored-sample.ts';

/** Which part of the log: offsets in (after, upTo]; of those without a sample the metric was deleted. */
export interface ScoreFrame {
  readonly after: number;
  readonly upTo: number;
  readonly samples: readonly ScoredSample[];
}

/** How far a metric has come. */
export type ScoredProgress = Pick<ScoredSample, 'metricNumber' | 'rowId' | 'timestampMs'>;

/** What both sides have to speak: WebSocket's subprotocol. Another layout is another name. */
export const SCORE_PROTOCOL = 'lapwing-scores-2';

/** Reads as another number on a machine of the other byte order. */
const MARK = 20261130.5;
const HEAD = 4;
const DOUBLES = 8;
const INTEGERS = 2;
const BYTES = 3;
const PROVISIONAL = 1;
const EPISODE = 2;

export function encodeFrame({ after, upTo, samples }: ScoreFrame): Uint8Array {
  const { bytes, doubles, integers, codes } = layOut(new ArrayBuffer(sizeOf(samples.length)), samples.length);
  doubles.set([MARK, after, upTo, samples.length]);
  let [at, integerAt, codeAt] = [HEAD, 0, 0];
  for (const sample of samples) {
    doubles[at++] = sample.seq;
    doubles[at++] = sample.timestampMs;
    doubles[at++] = sample.value;
    doubles[at++] = sample.score;
    doubles[at++] = sample.expected;
    doubles[at++] = sample.low;
    doubles[at++] = sample.high;
    doubles[at++] = sample.rawScore;
    integers[integerAt++] = sample.metricNumber;
    integers[integerAt++] = sample.rowId;
    codes[codeAt++] = (sample.provisional ? PROVISIONAL : 0) + (sample.episode ? EPISODE : 0);
    codes[codeAt++] = sample.view === null ? 0 : VIEWS.indexOf(sample.view) + 1;
    codes[codeAt++] = sample.phase === null ? 0 : ANOMALY_PHASES.indexOf(sample.phase) + 1;
  }
  return bytes;
}

/** @throws RangeError for what `encodeFrame` did not make, or made on a machine of the other byte order */
export function decodeFrame(message: Uint8Array): ReceivedFrame {
  const [mark = 0, after = 0, upTo = 0, rows = 0] = readHead(message);
  const isWhole = Number.isInteger(rows) && rows >= 0 && message.byteLength === sizeOf(rows);
  if (mark !== MARK || !isWhole) throw new RangeError('not a frame of scores');
  return new ReceivedFrame({ after, upTo, rows }, message);
}

/** Its rows are read when somebody asks for them: a replica without subscribers needs a fraction of each. */
export class ReceivedFrame {
  readonly after: number;
  readonly upTo: number;
  readonly rows: number;
  readonly #columns: ReturnType<typeof layOut>;

  constructor(head: Pick<ReceivedFrame, 'after' | 'upTo' | 'rows'>, message: Uint8Array) {
    this.after = head.after;
    this.upTo = head.upTo;
    this.rows = head.rows;
    // A view of doubles begins at a multiple of eight bytes, which a message does not.
    this.#columns = layOut(copyOf(message), head.rows);
  }

  /** How far the metrics of its rows have come. */
  readProgress(): readonly ScoredProgress[] {
    const { doubles, integers } = this.#columns;
    const progress: ScoredProgress[] = [];
    for (let row = 0; row < this.rows; row++) {
      progress.push({
        metricNumber: integers[row * INTEGERS] ?? 0,
        rowId: integers[row * INTEGERS + 1] ?? 0,
        timestampMs: doubles[HEAD + row * DOUBLES + 1] ?? Number.NaN,
      });
    }
    return progress;
  }

  readSamples(): readonly ScoredSample[] {
    const { doubles, integers, codes } = this.#columns;
    const double = (at: number) => doubles[at] ?? Number.NaN;
    const samples: ScoredSample[] = [];
    for (let row = 0; row < this.rows; row++) {
      const at = HEAD + row * DOUBLES;
      const codeAt = row * BYTES;
      const flags = codes[codeAt] ?? 0;
      samples.push({
        metricNumber: integers[row * INTEGERS] ?? 0,
        rowId: integers[row * INTEGERS + 1] ?? 0,
        timestampMs: double(at + 1),
        value: double(at + 2),
        seq: double(at),
        score: double(at + 3),
        expected: double(at + 4),
        low: double(at + 5),
        high: double(at + 6),
        rawScore: double(at + 7),
        view: VIEWS[(codes[codeAt + 1] ?? 0) - 1] ?? null,
        provisional: (flags & PROVISIONAL) !== 0,
        episode: (flags & EPISODE) !== 0,
        phase: ANOMALY_PHASES[(codes[codeAt + 2] ?? 0) - 1] ?? null,
      });
    }
    return samples;
  }
}

function sizeOf(rows: number): number {
  return 8 * (HEAD + DOUBLES * rows) + 4 * INTEGERS * rows + BYTES * rows;
}

function layOut(buffer: ArrayBuffer, rows: number) {
  const integersAt = 8 * (HEAD + DOUBLES * rows);
  const codesAt = integersAt + 4 * INTEGERS * rows;
  return {
    bytes: new Uint8Array(buffer),
    doubles: new Float64Array(buffer, 0, HEAD + DOUBLES * rows),
    integers: new Int32Array(buffer, integersAt, INTEGERS * rows),
    codes: new Uint8Array(buffer, codesAt, BYTES * rows),
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
