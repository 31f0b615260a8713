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
  #rest: Buffer = Buffer.alloc(0);
  #isBroken = false;

  get isBroken(): boolean {
    return this.#isBroken;
  }

  push(chunk: Uint8Array, arrivalMs: number): GraphiteLines {
    const found = new Found(arrivalMs);
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (!this.#isBroken && this.#rest.length >= LENGTH_BYTES) {
      const length = this.#rest.readUInt32BE();
      if (length > MAX_FRAME_BYTES) {
        found.bad.push({ problem: 'too_long', text: `a frame of ${length} bytes` });
        this.#isBroken = true;
        this.#rest = Buffer.alloc(0);
      } else if (this.#rest.length < LENGTH_BYTES + length) break;
      else {
        found.takeFrame(this.#rest.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
        this.#rest = this.#rest.subarray(LENGTH_BYTES + length);
      }
    }
    return found;
  }

  end(arrivalMs: number): GraphiteLines {
    const found = new Found(arrivalMs);
    if (this.#rest.length > 0) found.bad.push({ problem: 'cut_off', text: '' });
    this.#rest = Buffer.alloc(0);
    return found;
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
