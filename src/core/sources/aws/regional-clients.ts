/**
 * Clients of one service by region. A client keeps credentials without an expiry for ever: once AWS refuses them, the next
 * call is made by a new client, which looks for credentials again. So a file that was renewed needs no restart.
 */
import { areCredentialsRefused } from './failure.ts';

/** What goes around each call of a client. */
type Around = <Call, Answer>(next: (call: Call) => Promise<Answer>) => (call: Call) => Promise<Answer>;

interface SdkClient {
  readonly middlewareStack: {
    readonly add: (around: Around, options: { readonly step: 'initialize'; readonly name: string }) => void;
  };
  readonly destroy: () => void;
}

export class RegionalClients<Client extends SdkClient> {
  readonly #make: (region: string) => Promise<Client>;
  /** There are no more regions than AWS has, so the map needs no bound. */
  readonly #current = new Map<string, Promise<Client>>();
  /** Those to be closed, the replaced ones that still have calls under way too. */
  readonly #open = new Set<Client>();

  constructor(make: (region: string) => Promise<Client>) {
    this.#make = make;
  }

  of(region: string): Promise<Client> {
    const known = this.#current.get(region);
    if (known !== undefined) return known;
    const making = this.#make(region).then((client) => {
      this.#open.add(client);
      this.#replaceOnceRefused(client, () => {
        if (this.#current.get(region) === making) this.#current.delete(region);
      });
      return client;
    });
    this.#current.set(region, making);
    // A failed making is tried again.
    making.catch(() => this.#current.delete(region));
    return making;
  }

  stop(): void {
    for (const client of this.#open) client.destroy();
    this.#open.clear();
  }

  #replaceOnceRefused(client: Client, replace: () => void): void {
    let inFlight = 0;
    let isRefused = false;
    client.middlewareStack.add(
      (next) => async (call) => {
        inFlight += 1;
        try {
          return await next(call);
        } catch (error) {
          if (areCredentialsRefused(error)) {
            isRefused = true;
            replace();
          }
          throw error;
        } finally {
          inFlight -= 1;
          // Its other calls may still be answered.
          if (isRefused && inFlight === 0) {
            client.destroy();
            this.#open.delete(client);
          }
        }
      },
      { step: 'initialize', name: 'lapwingReplaceOnceRefused' },
    );
  }
}
