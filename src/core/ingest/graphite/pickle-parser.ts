/**
 * Graphite's pickle protocol, as carbon-relay sends it: frames of a length in four bytes, the highest first, and a pickled
 * list of (path, (time, value)). A bad point costs itself, a bad frame itself; one that is too long ends the connection, for
 * where the next one begins is not to be known. https://graphite.readthedocs.io/en/latest/feeding-carbon.html
 */
import { type GraphitePoint, type GraphiteProblem, NO_VALUE, readGraphitePoint } from './parse-line.ts';
import type { BadLine, GraphiteLines, GraphiteParser } from './parser.ts';
import { PickleError, type PickleValue, readPickle } from './pickle-values.ts';

/** Bytes of a frame without its length, as carbon has it. */
export const MAX_FRAME_BYTES = 1_048_576;
const LENGTH_BYTES = 4;
const MAX_SHOWN_CHARACTERS = 100;

export class PickleParser implements GraphiteParser {
  /** What has come of the next frame; the rest of it is room. */
  #bytes: Buffer = Buffer.alloc(0);
  #used = 0;
  #isBroken = false;

  get isBroken(): boolean {
    return this.#isBroken;
  }

  push(chunk: Uint8Array, arrivalMs: number): GraphiteLines {
    const found = new Found(arrivalMs);
    this.#append(chunk);
    let at = 0;
    while (!this.#isBroken && this.#used - at >= LENGTH_BYTES) {
      const length = this.#bytes.readUInt32BE(at);
      const start = at + LENGTH_BYTES;
      if (length > MAX_FRAME_BYTES) {
        found.bad.push({ problem: 'too_long', text: `a frame of ${length} bytes` });
        this.#isBroken = true;
        at = this.#used;
      } else if (this.#used - start < length) break;
      else {
        found.takeFrame(this.#bytes.subarray(start, start + length));
        at = start + length;
      }
    }
    this.#drop(at);
    return found;
  }

  end(arrivalMs: number): GraphiteLines {
    const found = new Found(arrivalMs);
    if (this.#used > 0) found.bad.push({ problem: 'cut_off', text: '' });
    this.#drop(this.#used);
    return found;
  }

  /** The room doubles when it is used up: a frame that comes byte by byte is not copied anew for each of them. */
  #append(chunk: Uint8Array): void {
    const needed = this.#used + chunk.length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(needed, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#used);
    this.#used = needed;
  }

  #drop(count: number): void {
    if (count === 0) return;
    this.#bytes.copyWithin(0, count, this.#used);
    this.#used -= count;
    if (this.#used === 0) this.#bytes = Buffer.alloc(0);
  }
}

class Found implements GraphiteLines {
  readonly points: GraphitePoint[] = [];
  readonly bad: BadLine[] = [];
  empty = 0;
  readonly #arrivalMs: number;

  constructor(arrivalMs: number) {
    this.#arrivalMs = arrivalMs;
  }

  takeFrame(frame: Buffer): void {
    try {
      const list = readPickle(frame);
      if (!Array.isArray(list)) throw new PickleError('expected a list');
      for (const item of list) this.#takeItem(item);
    } catch (error) {
      if (!(error instanceof PickleError)) throw error;
      this.bad.push({ problem: 'bad_pickle', text: error.message });
    }
  }

  #takeItem(item: PickleValue): void {
    const result = readItem(item, this.#arrivalMs);
    if (result === NO_VALUE) this.empty += 1;
    else if (typeof result === 'string') {
      const [name] = Array.isArray(item) ? item : [];
      this.bad.push({
        problem: result,
        text: typeof name === 'string' ? name.slice(0, MAX_SHOWN_CHARACTERS) : '',
      });
    } else this.points.push(result);
  }
}

function readItem(item: PickleValue, arrivalMs: number): GraphitePoint | typeof NO_VALUE | GraphiteProblem {
  if (!Array.isArray(item) || item.length !== 2) return 'field_count';
  const [path, datapoint] = item;
  if (path === null) return 'not_utf8';
  if (typeof path !== 'string' || !Array.isArray(datapoint) || datapoint.length !== 2) return 'field_count';
  const [time, value] = datapoint.map(showNumber);
  if (value === undefined) return 'bad_value';
  if (time === undefined) return 'bad_timestamp';
  return readGraphitePoint(path, { value, time }, arrivalMs);
}

/** carbon takes numbers, and texts that are numbers. */
function showNumber(value: PickleValue): string | undefined {
  if (typeof value === 'string') return value.trim();
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined;
}
