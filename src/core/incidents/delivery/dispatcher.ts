/**
 * Delivers messages that are due to their channels: one at a time for each channel, in the order they were written, and
 * many channels at once, so that a slow receiver delays no other.
 */
import { deliverMessage, type DeliverContext } from './deliver-message.ts';
import { claimDueMessages, type DueMessage, readNextDue } from './claim-due.ts';

/** Channels that are delivered to at once. */
const MAX_CHANNELS_AT_ONCE = 50;
/** Of those, how many that failed the last time: each may take ten seconds to fail again, and the others are not to wait for them. */
const MAX_FAILING_AT_ONCE = 25;
/** One that is still tried fails more often: every ten minutes at the least. */
const FAILING_MS = 20 * 60_000;
/** What is written here is known here; a lease that ran out, or what another process wrote, is found after so long. */
const MAX_REST_MS = 10_000;

export class Dispatcher {
  readonly #context: DeliverContext;
  readonly #maxRestMs: number;
  /** Deliveries by channel. */
  readonly #inFlight = new Map<string, Promise<void>>();
  /** When channels that asked for a pause may be sent to again, by lane. Another process finds out by itself. */
  readonly #paused = new Map<string, Date>();
  /** Until when lanes count as failing, by lane, since a delivery failed and none went well after it. */
  readonly #failing = new Map<string, Date>();
  /** Messages delivered so far. */
  #delivered = 0;
  #isStopped = false;
  /** Nothing is due before, on the clock of `performance.now`: the one on the wall may jump. */
  #nextLookMs = -Infinity;

  constructor(context: DeliverContext, { maxRestMs = MAX_REST_MS } = {}) {
    this.#context = context;
    this.#maxRestMs = maxRestMs;
  }

  /** As dispatchDue, to be called each second: the database is asked only when something may be due. */
  async dispatchWhenDue(): Promise<void> {
    const { pool, now } = this.#context;
    if (this.#isStopped || performance.now() < this.#nextLookMs) return;
    // What is written from now on may come too late for the question.
    this.#nextLookMs = Infinity;
    try {
      await this.dispatchDue();
      const dueMs = (await readNextDue(pool))?.getTime() ?? Infinity;
      const restMs = Math.min(dueMs - now().getTime(), this.#maxRestMs);
      this.#nextLookMs = Math.min(this.#nextLookMs, performance.now() + restMs);
    } catch (error) {
      this.lookAgain();
      throw error;
    }
  }

  /** Messages were written, or may be tried again. */
  lookAgain(): void {
    this.#nextLookMs = -Infinity;
  }

  /** Begins to deliver what is due, on as many channels as may be; does not wait for the deliveries. */
  async dispatchDue(): Promise<void> {
    const failing = this.#listFuture(this.#failing);
    const paused = this.#listFuture(this.#paused);
    await this.#claim(MAX_CHANNELS_AT_ONCE, { except: [...paused, ...failing] });
    if (failing.length === 0) return;
    const busy = failing.filter((lane) => this.#inFlight.has(lane)).length;
    const free = Math.min(MAX_FAILING_AT_ONCE - busy, MAX_CHANNELS_AT_ONCE - this.#inFlight.size);
    await this.#claim(this.#inFlight.size + free, { lanes: failing, except: paused });
  }

  /** @param most lanes that may be in flight then */
  async #claim(
    most: number,
    { except, lanes }: { readonly except: readonly string[]; readonly lanes?: readonly string[] },
  ): Promise<void> {
    const limit = most - this.#inFlight.size;
    if (this.#isStopped || limit <= 0) return;
    const due = await claimDueMessages(this.#context, {
      except: [...this.#inFlight.keys(), ...except],
      limit,
      ...(lanes === undefined ? {} : { lanes }),
    });
    for (const first of due) this.#begin(first);
  }

  /** Forgets those that are over. */
  #listFuture(ends: Map<string, Date>): readonly string[] {
    const now = this.#context.now();
    for (const [lane, until] of ends) if (until <= now) ends.delete(lane);
    return [...ends.keys()];
  }

  #begin(first: DueMessage): void {
    const delivery = this.#deliverLane(first)
      .catch((error: unknown) => {
        // The message is claimed again when its lease is over.
        this.#context.log.error({ err: error, notification: first.id }, 'a message could not be dispatched');
      })
      .finally(() => {
        this.#inFlight.delete(first.lane);
        this.lookAgain();
      });
    this.#inFlight.set(first.lane, delivery);
  }

  /** The channel's messages one after the other, for as long as some are due and they go well. */
  async #deliverLane(first: DueMessage): Promise<void> {
    const { lane } = first;
    for (let due: DueMessage | undefined = first; due !== undefined && !this.#isStopped;) {
      const { isSent, pausedUntil } = await deliverMessage(due, this.#context);
      if (pausedUntil !== null) this.#paused.set(lane, pausedUntil);
      if (!isSent) {
        // Its next one is due, too, and may take as long: others come first.
        return void this.#failing.set(lane, new Date(this.#context.now().getTime() + FAILING_MS));
      }
      this.#failing.delete(lane);
      this.#delivered += 1;
      [due] = await claimDueMessages(this.#context, { lanes: [lane], limit: 1 });
    }
  }

  /** Delivers what is due and everything in flight. @returns how many messages were delivered */
  async deliver(): Promise<number> {
    const before = this.#delivered;
    for (;;) {
      await this.dispatchDue();
      if (this.#inFlight.size === 0) return this.#delivered - before;
      await Promise.race(this.#inFlight.values());
    }
  }

  /** Begins with no further message, and waits for those in flight. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#inFlight.values());
  }
}
