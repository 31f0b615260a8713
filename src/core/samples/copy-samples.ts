/**
 * Samples by binary COPY: a third of the work of text, here and in PostgreSQL, since no number is written out or read.
 * https://www.postgresql.org/docs/current/sql-copy.html (file format, binary)
 */
import { once } from 'node:events';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { UnscoredSample } from './new-sample.ts';
import type { ScoredSample } from './stored-sample.ts';

const COPY_SAMPLES = `COPY sample ("timestamp", value, metric_number, row_id, seq, score, expected, low, high,
  raw_score, provisional, episode, view, phase) FROM STDIN (FORMAT binary)`;
const COLUMNS = 14;

/** Signature, no flags, no extension. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER_BYTES = 2;
const NULL_LENGTH = -1;
/** A row with every column: counts and lengths, six of 8 bytes and one more for seq, two of 4, the flags and two labels. */
const MAX_LABEL_BYTES = 16;
const ROW_BYTES = 2 + 4 * COLUMNS + 8 * 7 + 4 * 3 + 2 + 2 * MAX_LABEL_BYTES;
const EPOCH_2000_MS = 946_684_800_000;
const TWO_TO_32 = 4_294_967_296;

interface Samples {
  readonly scored: readonly ScoredSample[];
  readonly unscored: readonly UnscoredSample[];
}

/** @param before the offset before the one the first score gets; null for scores that have their offsets */
export async function copySamples(
  client: pg.PoolClient,
  samples: Samples,
  before: number | null,
): Promise<void> {
  if (samples.scored.length + samples.unscored.length === 0) return;
  // Before the COPY begins: a row that cannot be encoded would leave the connection waiting for its data for ever.
  const bytes = encodeSamples(samples, before);
  const stream = client.query(copyFrom(COPY_SAMPLES));
  const finished = once(stream, 'finish');
  stream.end(bytes);
  await finished;
}

function encodeSamples({ scored, unscored }: Samples, before: number | null): Buffer {
  const rows = scored.length + unscored.length;
  const bytes = Buffer.allocUnsafe(HEADER.length + rows * ROW_BYTES + TRAILER_BYTES);
  let at = HEADER.copy(bytes);
  for (const [index, sample] of scored.entries()) {
    const seq = before === null ? sample.seq : before + index + 1;
    at = putScore(bytes, putSample(bytes, at, sample), sample, seq);
  }
  for (const sample of unscored) at = putNoScore(bytes, putSample(bytes, at, sample));
  at = bytes.writeInt16BE(-1, at);
  return bytes.subarray(0, at);
}

function putSample(bytes: Buffer, start: number, sample: UnscoredSample): number {
  let at = bytes.writeInt16BE(COLUMNS, start);
  at = putBigint(bytes, at, (sample.timestampMs - EPOCH_2000_MS) * 1000);
  at = putDouble(bytes, at, sample.value);
  at = putInt(bytes, at, sample.metricNumber);
  return putInt(bytes, at, sample.rowId);
}

function putScore(bytes: Buffer, start: number, sample: ScoredSample, seq: number): number {
  let at = putBigint(bytes, start, seq);
  at = putDouble(bytes, at, sample.score);
  at = putDouble(bytes, at, sample.expected);
  at = putDouble(bytes, at, sample.low);
  at = putDouble(bytes, at, sample.high);
  at = bytes.writeInt32BE(4, at);
  at = bytes.writeFloatBE(sample.rawScore, at);
  at = putFlag(bytes, at, sample.provisional);
  at = putFlag(bytes, at, sample.episode);
  at = putLabel(bytes, at, sample.view);
  return putLabel(bytes, at, sample.phase);
}

/** seq, score, expected, low, high and raw score are null; so are view and phase. */
function putNoScore(bytes: Buffer, start: number): number {
  let at = start;
  for (let column = 0; column < 6; column++) at = bytes.writeInt32BE(NULL_LENGTH, at);
  at = putFlag(bytes, putFlag(bytes, at, false), false);
  return putLabel(bytes, putLabel(bytes, at, null), null);
}

function putDouble(bytes: Buffer, at: number, value: number): number {
  return bytes.writeDoubleBE(value, bytes.writeInt32BE(8, at));
}

function putInt(bytes: Buffer, at: number, value: number): number {
  return bytes.writeInt32BE(value, bytes.writeInt32BE(4, at));
}

/** A whole number of at most 53 bits. */
function putBigint(bytes: Buffer, at: number, value: number): number {
  const high = bytes.writeInt32BE(Math.floor(value / TWO_TO_32), bytes.writeInt32BE(8, at));
  return bytes.writeUInt32BE(value - Math.floor(value / TWO_TO_32) * TWO_TO_32, high);
}

/** A value of an enum, in ASCII. */
function putLabel(bytes: Buffer, at: number, label: string | null): number {
  if (label === null) return bytes.writeInt32BE(NULL_LENGTH, at);
  const start = bytes.writeInt32BE(label.length, at);
  return start + bytes.write(label, start, MAX_LABEL_BYTES, 'latin1');
}

function putFlag(bytes: Buffer, at: number, value: boolean): number {
  return bytes.writeInt8(value ? 1 : 0, bytes.writeInt32BE(1, at));
}
