/**
 * A cursor that is ahead of memory may be of what is committed and not published yet, or of what another process committed: the
 * database is asked before such a cursor is refused.
 */
import { SharedRead } from '../../platform/runtime/shared-read.ts';
import type { Wait } from '../../platform/runtime/signal.ts';
import { type LogBounds, readCursor } from './cursor.ts';

/** Between two reads of how far the log goes: wrong cursors cost no more, however many come. */
const READ_REST_MS = 200;
/** How long what is committed may take to come to memory by itself. */
const PUBLISH_LIMIT_MS = 250;

/** What memory holds of the log. */
interface LiveLog {
  bounds: () => LogBounds;
  sleepUntilGrown: (limitMs: number) => Wait;
  /** The log goes further than memory knows. */
  moveBounds: (bounds: LogBounds) => void;
}

export class CursorWait {
  readonly #live: LiveLog;
  readonly #stored: SharedRead<LogBounds>;

  constructor(live: LiveLog, readStored: () => Promise<LogBounds>) {
    this.#live = live;
    this.#stored = new SharedRead(readStored, READ_REST_MS);
  }

  /** Resolves when memory is up to the cursor, or when the database is not, either; at once for what is no cursor of this log. */
  async wait(after: string | null): Promise<void> {
    const live = this.#live;
    const offset = after === null ? null : readCursor(after, live.bounds().epoch);
    if (offset === null || offset <= live.bounds().last) return;
    const stored = await this.#stored.read();
    if (stored.last < offset) return;
    const untilMs = performance.now() + PUBLISH_LIMIT_MS;
    for (let leftMs = PUBLISH_LIMIT_MS; live.bounds().last < offset; leftMs = untilMs - performance.now()) {
      if (leftMs <= 0) live.moveBounds(stored);
      else await live.sleepUntilGrown(leftMs).done;
    }
  }
}
