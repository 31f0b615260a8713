/**
 * Samples by binary COPY: a third of the work of text, here and in PostgreSQL, since no number is written out or read.
 * https://www.postgresql.org/docs/current/sql-copy.html (file format, binary)
 */
import { once } from 'node:events';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Judgement } from '../model.ts';
import type { NewSample } from './new-sample.ts';

const COPY_SAMPLES = `COPY sample ("timestamp", value, metric_number, row_id, seq, score, expected, low, high,
  raw_score, provisional, episode, view) FROM STDIN (FORMAT binary)`;
const COLUMNS = 13;

/** Signature, no flags, no extension. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER_BYTES = 2;
const NULL_LENGTH = -1;
/** A row with every column: counts and lengths, six of 8 bytes and one more for seq, two of 4, and the flags. */
const LONGEST_VIEW = 16;
const ROW_BYTES = 2 + 4 * COLUMNS + 8 * 7 + 4 * 3 + 2 + LONGEST_VIEW;
const EPOCH_2000_MS = 946_684_800_000;
const TWO_TO_32 = 4_294_967_296;

/**
 * @param before the place in the log before the one the first scored sample gets
 * @returns the place the last one got
 */
export async function copySamples(
  client: pg.PoolClient,
  samples: readonly NewSample[],
  before: number,
): Promise<number> {
  if (samples.length === 0) return before;
  const { bytes, last } = encodeSamples(samples, before);
  const stream = client.query(copyFrom(COPY_SAMPLES));
  const finished = once(stream, 'finish');
  stream.end(bytes);
  await finished;
  return last;
}

function encodeSamples(samples: readonly NewSample[], before: number): { bytes: Buffer; last: number } {
  const bytes = Buffer.allocUnsafe(HEADER.length + samples.length * ROW_BYTES + TRAILER_BYTES);
  let at = HEADER.copy(bytes);
  let last = before;
  for (const sample of samples) {
    if (sample.judgement !== null) last += 1;
    at = encodeSample(bytes, at, sample, last);
  }
  at = bytes.writeInt16BE(-1, at);
  return { bytes: bytes.subarray(0, at), last };
}

function encodeSample(bytes: Buffer, start: number, sample: NewSample, seq: number): number {
  const { timestampMs, value, metricNumber, rowId, judgement } = sample;
  let at = bytes.writeInt16BE(COLUMNS, start);
  at = putBigint(bytes, at, (timestampMs - EPOCH_2000_MS) * 1000);
  at = putDouble(bytes, at, value);
  at = putInt(bytes, at, metricNumber);
  at = putInt(bytes, at, rowId);
  return judgement === null ? putNoJudgement(bytes, at) : putJudgement(bytes, at, judgement, seq);
}

function putJudgement(bytes: Buffer, start: number, judgement: Judgement, seq: number): number {
  let at = putBigint(bytes, start, seq);
  at = putDouble(bytes, at, judgement.score);
  at = putDouble(bytes, at, judgement.expected);
  at = putDouble(bytes, at, judgement.low);
  at = putDouble(bytes, at, judgement.high);
  at = bytes.writeInt32BE(4, at);
  at = bytes.writeFloatBE(judgement.rawScore, at);
  at = putFlag(bytes, at, judgement.provisional);
  at = putFlag(bytes, at, judgement.episode);
  if (judgement.view === null) return bytes.writeInt32BE(NULL_LENGTH, at);
  at = bytes.writeInt32BE(judgement.view.length, at);
  return at + bytes.write(judgement.view, at, LONGEST_VIEW, 'latin1');
}

/** seq, score, expected, low, high and raw score are null; so is the view. */
function putNoJudgement(bytes: Buffer, start: number): number {
  let at = start;
  for (let column = 0; column < 6; column++) at = bytes.writeInt32BE(NULL_LENGTH, at);
  at = putFlag(bytes, at, false);
  at = putFlag(bytes, at, false);
  return bytes.writeInt32BE(NULL_LENGTH, at);
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

function putFlag(bytes: Buffer, at: number, value: boolean): number {
  return bytes.writeInt8(value ? 1 : 0, bytes.writeInt32BE(1, at));
}
