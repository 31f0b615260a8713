/**
 * What other sessions change, as PostgreSQL notifies of it: https://www.postgresql.org/docs/current/sql-notify.html. A lost
 * connection hears nothing: listeners read all again when there is another one, and on their own while there is none.
 */
import type pg from 'pg';

/** Notified by triggers of the database. */
const CHANNELS = { keys: 'lapwing_api_key' } as const;
export type ChangeChannel = keyof typeof CHANNELS;

/** An answer proves that its connection has heard of everything before it. The health probe asks twice a second. */
const CURRENT_MS = 1_000;

export class ChangeChannels {
  readonly #listeners = new Map<string, Set<() => void>>(
    Object.values(CHANNELS).map((channel) => [channel, new Set()]),
  );
  #client: pg.Client | null = null;
  #answeredMs = -Infinity;

  /** Calls back after each change, perhaps once for several, and whenever some may have been missed. @returns what ends it */
  listen(channel: ChangeChannel, onChange: () => void): () => void {
    const listeners = this.#listeners.get(CHANNELS[channel]);
    listeners?.add(onChange);
    return () => void listeners?.delete(onChange);
  }

  /** Whether a change before the last second would have been heard of. */
  isCurrent(): boolean {
    return performance.now() - this.#answeredMs < CURRENT_MS;
  }

  /** Listens on this connection from now on. @throws what PostgreSQL throws */
  async attach(client: pg.Client): Promise<void> {
    this.#client = client;
    client.on('notification', ({ channel }) => {
      for (const onChange of this.#listeners.get(channel) ?? []) onChange();
    });
    for (const channel of this.#listeners.keys()) await client.query(`LISTEN ${channel}`);
    for (const listeners of this.#listeners.values()) for (const onChange of listeners) onChange();
  }

  /** PostgreSQL has answered on the connection. */
  noteAnswer(client: pg.Client): void {
    if (client === this.#client) this.#answeredMs = performance.now();
  }

  detach(): void {
    this.#client = null;
    this.#answeredMs = -Infinity;
  }
}
