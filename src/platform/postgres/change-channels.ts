/**
 * What other sessions change, as PostgreSQL notifies of it: https://www.postgresql.org/docs/current/sql-notify.html. A lost
 * connection hears nothing: listeners read all again when there is another one, and on their own while there is none.
 */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { Signal } from '../runtime/signal.ts';

/**
 * Notified by triggers of the database: `changes` with the name of the table, `metrics` with numbers of metrics and commas
 * between; `barrier` by ourselves.
 */
const CHANNELS = {
  keys: 'lapwing_api_key',
  changes: 'lapwing_change',
  metrics: 'lapwing_metric',
  barrier: 'lapwing_barrier',
} as const;
export type ChangeChannel = keyof typeof CHANNELS;

/** @param what the payload of the notification; null when changes may have been missed */
export type OnChange = (what: string | null) => void;

/** An answer proves that its connection has heard of everything before it. The health probe asks twice a second. */
const CURRENT_MS = 1_000;

export class ChangeChannels {
  readonly #listeners: ReadonlyMap<string, Set<OnChange>>;
  /** By what `catchUp` has PostgreSQL say. */
  readonly #barriers = new Map<string, () => void>();
  readonly #attached = new Signal();
  #client: pg.Client | null = null;
  #answeredMs = -Infinity;

  /** @param channels those that are listened to: who listens to none of the others is not woken by them */
  constructor(channels: readonly ChangeChannel[] = ['keys']) {
    this.#listeners = new Map(channels.map((channel) => [CHANNELS[channel], new Set()]));
    this.#listeners.get(CHANNELS.barrier)?.add((what) => this.#pass(what));
  }

  /** Calls back after each change, perhaps once for several, and whenever some may have been missed. @returns what ends it */
  listen(channel: ChangeChannel, onChange: OnChange): () => void {
    const listeners = this.#listeners.get(CHANNELS[channel]);
    if (listeners === undefined) throw new Error(`${channel} is not listened to`);
    listeners.add(onChange);
    return () => void listeners.delete(onChange);
  }

  /** Whether a change before the last second would have been heard of. */
  isCurrent(): boolean {
    return performance.now() - this.#answeredMs < CURRENT_MS;
  }

  /**
   * Resolves once all changes that were committed before have reached the listeners; at once while there is no
   * connection, or when it is lost: listeners read all again then.
   */
  async catchUp(): Promise<void> {
    const client = this.#client;
    if (client === null) return;
    const name = randomUUID();
    const passed = new Promise<void>((resolve) => this.#barriers.set(name, resolve));
    try {
      await client.query('SELECT pg_notify($1, $2)', [CHANNELS.barrier, name]);
      await passed;
    } catch {
      // The connection was lost.
    } finally {
      this.#barriers.delete(name);
    }
  }

  /** Resolves once there is a connection, or after `limitMs`. @returns whether there is one */
  async whenAttached(limitMs: number): Promise<boolean> {
    const attached = this.#attached.wait(limitMs);
    if (this.#client === null) await attached.done;
    attached.cancel();
    return this.#client !== null;
  }

  /** Listens on this connection from now on. @throws what PostgreSQL throws */
  async attach(client: pg.Client): Promise<void> {
    client.on('notification', ({ channel, payload = '' }) => {
      for (const onChange of this.#listeners.get(channel) ?? []) onChange(payload);
    });
    for (const channel of this.#listeners.keys()) await client.query(`LISTEN ${channel}`);
    // Not before: a catch-up that is begun on it hears of its own end.
    this.#client = client;
    this.#attached.wake();
    for (const listeners of this.#listeners.values()) for (const onChange of listeners) onChange(null);
  }

  /** PostgreSQL has answered on the connection. */
  noteAnswer(client: pg.Client): void {
    if (client === this.#client) this.#answeredMs = performance.now();
  }

  detach(): void {
    this.#client = null;
    this.#answeredMs = -Infinity;
    this.#pass(null);
  }

  #pass(name: string | null): void {
    const passed = name === null ? [...this.#barriers.keys()] : [name];
    for (const one of passed) this.#barriers.get(one)?.();
  }
}
