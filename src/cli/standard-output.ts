/** What becomes of output that nobody takes: its reader is gone, as of `lapwing export | head`, or the disk is full. */
import type { Writable } from 'node:stream';

/** Listens for failures, which end the process where nobody does. */
export class OutputWatch {
  #failure: Error | null = null;

  constructor(output: Writable) {
    output.on('error', (error) => (this.#failure ??= error));
  }

  /**
   * What is missing of the output, once all of it was written or could not be.
   * @returns null where nothing is, or where the reader wanted no more
   */
  async end(output: Writable): Promise<Error | null> {
    await new Promise<void>((resolve) => output.write('', () => resolve()));
    return this.#failure === null || isReaderGone(this.#failure) ? null : this.#failure;
  }
}

/** EPIPE: what reads has ended. Other programs end without a word then, by a signal that Node.js ignores. */
export function isReaderGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
