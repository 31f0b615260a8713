/**
 * A part of the log of scores as one binary message between members of a cluster: a replica that read the same from the
 * database would take ten times the CPU. One without subscribers asks for less: how far the metrics have come.
 *
 * Layout, in network byte order: four bytes of MAGIC, then `after`, `upTo` and the number of rows as doubles; then row by row what
 * `writeProgress` writes, and behind it, in a frame of scores, what `writeScore` does.
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

/** What a frame says of each row. */
export const FRAME_DETAILS = ['scores', 'progress'] as const;
export type FrameDetail = (typeof FRAME_DETAILS)[number];

/** What both sides have to speak: WebSocket's subprotocol. Another layout is another name. */
export const SCORE_PROTOCOL = 'lapwing-scores-3';

/** "LWS3" and "LWP3". */
const MAGIC: Readonly<Record<FrameDetail, number>> = { scores: 0x4c575333, progress: 0x4c575033 };
const HEAD_BYTES = 28;
/** A double and two integers of four bytes; with a score, seven doubles and three bytes more. */
const ROW_BYTES: Readonly<Record<FrameDetail, number>> = { scores: 75, progress: 16 };
const PROVISIONAL = 1;
const EPISODE = 2;

export function encodeFrame({ after, upTo, samples }: ScoreFrame, detail: FrameDetail): Uint8Array {
  const bytes = new Uint8Array(countBytes(samples.length, detail));
  const view = viewOf(bytes);
  view.setUint32(0, MAGIC[detail]);
  view.setFloat64(4, after);
  view.setFloat64(12, upTo);
  view.setFloat64(20, samples.length);
  let at = HEAD_BYTES;
  for (const sample of samples) {
    writeProgress(view, at, sample);
    if (detail === 'scores') writeScore(view, at, sample);
    at += ROW_BYTES[detail];
  }
  return bytes;
}

function writeProgress(
  view: DataView,
  at: number,
  { timestampMs, metricNumber, rowId }: ScoredProgress,
): void {
  view.setFloat64(at, timestampMs);
  view.setInt32(at + 8, metricNumber);
  view.setInt32(at + 12, rowId);
}

function readProgress(view: DataView, at: number): ScoredProgress {
  return {
    metricNumber: view.getInt32(at + 8),
    rowId: view.getInt32(at + 12),
    timestampMs: view.getFloat64(at),
  };
}

function writeScore(view: DataView, at: number, sample: ScoredSample): void {
  view.setFloat64(at + 16, sample.value);
  view.setFloat64(at + 24, sample.score);
  view.setFloat64(at + 32, sample.expected);
  view.setFloat64(at + 40, sample.low);
  view.setFloat64(at + 48, sample.high);
  view.setFloat64(at + 56, sample.rawScore);
  view.setFloat64(at + 64, sample.seq);
  view.setUint8(at + 72, (sample.provisional ? PROVISIONAL : 0) + (sample.episode ? EPISODE : 0));
  view.setUint8(at + 73, sample.view === null ? 0 : VIEWS.indexOf(sample.view) + 1);
  view.setUint8(at + 74, sample.phase === null ? 0 : ANOMALY_PHASES.indexOf(sample.phase) + 1);
}

function readSample(view: DataView, at: number): ScoredSample {
  const flags = view.getUint8(at + 72);
  return {
    metricNumber: view.getInt32(at + 8),
    rowId: view.getInt32(at + 12),
    timestampMs: view.getFloat64(at),
    value: view.getFloat64(at + 16),
    seq: view.getFloat64(at + 64),
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
  const magic = message.byteLength >= HEAD_BYTES ? view.getUint32(0) : null;
  const detail = FRAME_DETAILS.find((each) => MAGIC[each] === magic);
  const rows = detail === undefined ? Number.NaN : view.getFloat64(20);
  if (detail === undefined || !Number.isInteger(rows) || message.byteLength !== countBytes(rows, detail))
    throw new RangeError('not a frame of scores');
  return new ReceivedFrame(view, rows, detail);
}

function countBytes(rows: number, detail: FrameDetail): number {
  return HEAD_BYTES + ROW_BYTES[detail] * rows;
}

/** Its rows are read when somebody asks for them: a replica without subscribers needs a fraction of each. */
export class ReceivedFrame {
  readonly after: number;
  readonly upTo: number;
  readonly rows: number;
  readonly detail: FrameDetail;
  readonly #view: DataView;

  constructor(view: DataView, rows: number, detail: FrameDetail) {
    this.after = view.getFloat64(4);
    this.upTo = view.getFloat64(12);
    this.rows = rows;
    this.detail = detail;
    this.#view = view;
  }

  /** How far the metrics of its rows have come. */
  readProgress(): readonly ScoredProgress[] {
    return this.#mapRows(readProgress);
  }

  /** @returns null where the frame says no more than how far the metrics have come */
  readSamples(): readonly ScoredSample[] | null {
    return this.detail === 'scores' ? this.#mapRows(readSample) : null;
  }

  #mapRows<Row>(read: (view: DataView, at: number) => Row): readonly Row[] {
    const rows: Row[] = [];
    for (let row = 0; row < this.rows; row++) rows.push(read(this.#view, countBytes(row, this.detail)));
    return rows;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
