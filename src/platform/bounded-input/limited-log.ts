/** The log of what senders outside cause: however often they do it, it does not fill the disk. */
import type { Log } from '../../log.ts';

/** How long after a line others of its kind are counted and not logged. */
const PAUSE_MS = 600_000;
/** Kinds remembered at once: senders choose how many there are. */
const MAX_KINDS = 1000;

export class LimitedLog {
  readonly #log: Log;
  readonly #steadyMs: () => number;
  /** By kind, the one logged longest ago first. */
  readonly #last = new Map<string, { readonly loggedMs: number; suppressed: number }>();

  /** @param steadyMs milliseconds of a clock that never jumps */
  constructor(log: Log, steadyMs: () => number = () => performance.now()) {
    this.#log = log;
    this.#steadyMs = steadyMs;
  }

  /**
   * Logs the first of its kind within ten minutes; the next one that is logged has the number of those between as
   * `suppressed`.
   * @param kind what happened, and where it came from: lines of one kind tell their reader the same
   */
  warn(kind: string, facts: object, message: string): void {
    this.#write('warn', kind, facts, message);
  }

  /** As `warn`. */
  info(kind: string, facts: object, message: string): void {
    this.#write('info', kind, facts, message);
  }

  #write(level: 'warn' | 'info', kind: string, facts: object, message: string): void {
    const nowMs = this.#steadyMs();
    const last = this.#last.get(kind);
    if (last !== undefined && nowMs - last.loggedMs < PAUSE_MS) {
      last.suppressed += 1;
      return;
    }
    this.#last.delete(kind);
    const oldest = this.#last.size < MAX_KINDS ? undefined : this.#last.keys().next().value;
    if (oldest !== undefined) this.#last.delete(oldest);
    this.#last.set(kind, { loggedMs: nowMs, suppressed: 0 });
    const suppressed = last?.suppressed ?? 0;
    this.#log[level](suppressed === 0 ? facts : { ...facts, suppressed }, message);
  }
}
