/** Whole lines of a connection, however its bytes are cut into chunks. Pure: no clock, no I/O. */
import { findForeignProtocol } from '../graphite/foreign-protocol.ts';

/** Bytes of a line without its newline: a datagram has no more. */
export const MAX_LINE_BYTES = 65_536;
const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);

export class LineStream {
  #rest: Buffer = NOTHING;
  /** Whether it is known not to be another protocol. */
  #isKnown = false;
  #isSkipping = false;

  /**
   * @returns the lines that are whole now, each with its newline; one that is too long, once, without its end.
   *   Foreign: the connection speaks HTTP or TLS, and nothing of it is to be read
   */
  push(chunk: Buffer): { readonly lines: Buffer; readonly isForeign: boolean } {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (!this.#isKnown) {
      const protocol = findForeignProtocol(bytes);
      if (protocol === undefined) {
        this.#rest = Buffer.from(bytes);
        return { lines: NOTHING, isForeign: false };
      }
      if (protocol !== null) return { lines: NOTHING, isForeign: true };
      this.#isKnown = true;
    }
    return { lines: this.#cut(bytes), isForeign: false };
  }

  /** What came behind the last line; nothing of a connection that never said what it is. */
  end(): Buffer {
    if (this.#isSkipping) return NOTHING;
    return this.push(Buffer.from([NEWLINE])).lines;
  }

  #cut(bytes: Buffer): Buffer {
    const last = bytes.lastIndexOf(NEWLINE);
    const start = this.#isSkipping ? bytes.indexOf(NEWLINE) + 1 : 0;
    if (last < 0) {
      const isTooLong = bytes.length > MAX_LINE_BYTES;
      const lines = isTooLong && !this.#isSkipping ? bytes : NOTHING;
      this.#isSkipping ||= isTooLong;
      this.#rest = this.#isSkipping ? NOTHING : Buffer.from(bytes);
      return lines;
    }
    this.#isSkipping = false;
    this.#rest = Buffer.from(bytes.subarray(last + 1));
    return bytes.subarray(start, last + 1);
  }
}
