/** The key the server may ask for. It stays in this tab: another tab asks again. */
import { createStore, type Store } from './store.ts';

const PLACE = 'lapwing-api-key';

export interface ApiKey {
  /** Null while none was typed. */
  readonly value: Store<string | null>;
  /** Whether the server refused what it was sent, or not sent. */
  readonly wanted: Store<boolean>;
  readonly keep: (key: string) => void;
  readonly forget: () => void;
}

export function createApiKey(storage: Storage = sessionStorage): ApiKey {
  const value = createStore<string | null>(storage.getItem(PLACE));
  const wanted = createStore(false);
  return {
    value,
    wanted,
    keep: (key) => {
      storage.setItem(PLACE, key);
      value.set(key);
      wanted.set(false);
    },
    forget: () => {
      storage.removeItem(PLACE);
      value.set(null);
      wanted.set(true);
    },
  };
}
