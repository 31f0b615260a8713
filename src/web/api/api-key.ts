/** The key the server may ask for. It stays in this tab: another tab asks again. */
import { keepIfPossible, openStorage } from './storage.ts';
import { createStore, type Store } from './store.ts';

const PLACE = 'lapwing-api-key';

export interface ApiKey {
  /** Null while none was typed. */
  readonly value: Store<string | null>;
  /** How often one was typed: each time the server is asked anew, though it be the same. */
  readonly kept: Store<number>;
  /** Whether the server refused what it was sent, or not sent. */
  readonly wanted: Store<boolean>;
  readonly keep: (key: string) => void;
}

export function createApiKey(storage = openStorage(() => sessionStorage)): ApiKey {
  const value = createStore<string | null>(storage.getItem(PLACE));
  const kept = createStore(0);
  const wanted = createStore(false);
  return {
    value,
    kept,
    wanted,
    keep: (key) => {
      keepIfPossible(storage, PLACE, key);
      wanted.set(false);
      value.set(key);
      kept.set(kept.get() + 1);
    },
  };
}
