/** What a database of series has: listed at start and now and then, because nobody says when it changes. */
import type { Log } from '../../log.ts';
import type { SupportedResourceType } from './source.ts';

const REFRESH_MS = 600_000;

export class ListedCatalogue {
  readonly #list: (signal: AbortSignal) => Promise<readonly SupportedResourceType[]>;
  readonly #database: string;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  #types: readonly SupportedResourceType[] = [];
  /** Why the last listing failed; null after one that did not. */
  #problem: string | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** @param options.database its name, for the log */
  constructor(options: {
    readonly list: (signal: AbortSignal) => Promise<readonly SupportedResourceType[]>;
    readonly database: string;
    readonly log: Log;
  }) {
    this.#list = options.list;
    this.#database = options.database;
    this.#log = options.log;
  }

  /** As of the last listing that did not fail; empty before the first. */
  get types(): readonly SupportedResourceType[] {
    return this.#types;
  }

  /** Lists what there is; the list of before is kept when the database cannot be asked. Never rejects. */
  async refresh(): Promise<void> {
    try {
      this.#types = await this.#list(this.#stopping.signal);
      this.#problem = null;
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      // A database that is only written to never lets itself be listed: saying so once is enough.
      const reason = error instanceof Error ? error.message : String(error);
      const isNew = reason !== this.#problem;
      this.#problem = reason;
      this.#log[isNew ? 'warn' : 'debug'](
        { err: error },
        `${this.#database} series cannot be listed; nothing else is affected`,
      );
    }
  }

  /** Begins to list now and then. */
  start(): void {
    void this.refresh();
    this.#timer = setInterval(() => void this.refresh(), REFRESH_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#stopping.abort();
  }
}
