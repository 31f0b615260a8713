/**
 * Bytes of lines, passed on up to the last newline. The connection to the leader is another one than the sender's, and ends in
 * order where the sender's breaks: half a line would be one with another value there.
 */
import { Transform, type TransformCallback } from 'node:stream';

const NEWLINE = 0x0a;
/** No protocol takes a longer line: the beginning of one is passed on, for the leader to refuse. */
const MAX_HELD_BYTES = 65_536;

export class WholeLines extends Transform {
  #held: Buffer = Buffer.alloc(0);
  #isBroken = false;

  /** Nothing more comes, and what came of the last line is not all of it. */
  breakOff(): void {
    this.#isBroken = true;
    this.end();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const bytes = Buffer.concat([this.#held, chunk]);
    const lines = bytes.lastIndexOf(NEWLINE) + 1;
    const end = bytes.length - lines > MAX_HELD_BYTES ? bytes.length : lines;
    this.#held = Buffer.from(bytes.subarray(end));
    done(null, bytes.subarray(0, end));
  }

  /** The last line of a sender that ended by itself needs no newline. */
  override _flush(done: TransformCallback): void {
    done(null, this.#isBroken ? null : this.#held);
  }
}
