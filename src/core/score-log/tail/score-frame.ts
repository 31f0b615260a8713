/**
 * A part of the log of scores as one binary message between members of a cluster: a replica that read the same from the
 * database would take ten times the CPU.
 *
 * Layout, in network byte order: MAGIC (four bytes), then `after`, `upTo` and the number of rows as doubles; then row by row what
 * `writeRow` writes.
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

/** "LWS2". */
const MAGIC = 0x4c575332;
const HEAD_BYTES = 28;
/** Eight doubles, two integers of four bytes, and three bytes. */
const ROW_BYTES = 75;
const AT = { timestamp: 8, metricNumber: 64, rowId: 68 } as const;
const PROVISIONAL = 1;
const EPISODE = 2;

export function encodeFrame({ after, upTo, samples }: ScoreFrame): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + ROW_BYTES * samples.length);
  const view = viewOf(bytes);
  view.setUint32(0, MAGIC);
  view.setFloat64(4, after);
  view.setFloat64(12, upTo);
  view.setFloat64(20, samples.length);
  let at = HEAD_BYTES;
  for (const sample of samples) {
    writeRow(view, at, sample);
    at += ROW_BYTES;
  }
  return bytes;
}

function writeRow(view: DataView, at: number, sample: ScoredSample): void {
  view.setFloat64(at, sample.seq);
  view.setFloat64(at + AT.timestamp, sample.timestampMs);
  view.setFloat64(at + 16, sample.value);
  view.setFloat64(at + 24, sample.score);
  view.setFloat64(at + 32, sample.expected);
  view.setFloat64(at + 40, sample.low);
  view.setFloat64(at + 48, sample.high);
  view.setFloat64(at + 56, sample.rawScore);
  view.setInt32(at + AT.metricNumber, sample.metricNumber);
  view.setInt32(at + AT.rowId, sample.rowId);
  view.setUint8(at + 72, (sample.provisional ? PROVISIONAL : 0) + (sample.episode ? EPISODE : 0));
  view.setUint8(at + 73, sample.view === null ? 0 : VIEWS.indexOf(sample.view) + 1);
  view.setUint8(at + 74, sample.phase === null ? 0 : ANOMALY_PHASES.indexOf(sample.phase) + 1);
}

function readRow(view: DataView, at: number): ScoredSample {
  const flags = view.getUint8(at + 72);
  return {
    metricNumber: view.getInt32(at + AT.metricNumber),
    rowId: view.getInt32(at + AT.rowId),
    timestampMs: view.getFloat64(at + AT.timestamp),
    value: view.getFloat64(at + 16),
    seq: view.getFloat64(at),
    score: view.getFloat64(at + 24),
    expected: view.getFloat64(at + 32),
    low: view.getFloat64(at + 40),
    high: view.getFloat64(at + 48),
    rawScore: view.getFloat64(at + 56),
    view: VIEWS[view.getUint8(at + 73) - 1] ?? null,
    provisional: (flags & PROVISIONAL) !== 0,
    episode: (flags & EPISODE) !== 0,
    phase: ANOMALY_PHASES[view.getUint8(at + 74) - 1] ?? null,
  };
}

/** @throws RangeError for what `encodeFrame` did not make */
export function decodeFrame(message: Uint8Array): ReceivedFrame {
  const view = viewOf(message);
  const hasHead = message.byteLength >= HEAD_BYTES && view.getUint32(0) === MAGIC;
  const rows = hasHead ? view.getFloat64(20) : Number.NaN;
  const isWhole = Number.isInteger(rows) && message.byteLength === HEAD_BYTES + ROW_BYTES * rows;
  if (!isWhole) throw new RangeError('not a frame of scores');
  return new ReceivedFrame(view, rows);
}

/** Its rows are read when somebody asks for them: a replica without subscribers needs a fraction of each. */
export class ReceivedFrame {
  readonly after: number;
  readonly upTo: number;
  readonly rows: number;
  readonly #view: DataView;

  constructor(view: DataView, rows: number) {
    this.after = view.getFloat64(4);
    this.upTo = view.getFloat64(12);
    this.rows = rows;
    this.#view = view;
  }

  /** How far the metrics of its rows have come. */
  readProgress(): readonly ScoredProgress[] {
    const view = this.#view;
    return this.#mapRows((at) => ({
      metricNumber: view.getInt32(at + AT.metricNumber),
      rowId: view.getInt32(at + AT.rowId),
      timestampMs: view.getFloat64(at + AT.timestamp),
    }));
  }

  readSamples(): readonly ScoredSample[] {
    return this.#mapRows((at) => readRow(this.#view, at));
  }

  #mapRows<Row>(read: (at: number) => Row): readonly Row[] {
    const rows: Row[] = [];
    for (let row = 0; row < this.rows; row++) rows.push(read(HEAD_BYTES + row * ROW_BYTES));
    return rows;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
