/** Loaders of what the resolvers of one tick ask for; they remember nothing beyond it. */
import DataLoader from 'dataloader';

/** @param read the values of keys, each given once; a key that is not in the answer has none */
export function createLoader<T, Key = number>(read: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, T>>) {
  return new DataLoader<Key, T | null>(
    async (keys) => {
      const found = await read([...new Set(keys)]);
      return keys.map((key) => found.get(key) ?? null);
    },
    { cache: false },
  );
}

/** One loader per distinct question of the tick: fields with equal arguments are answered together. */
export function createKeyedLoader<Question, T, Key = number>(
  read: (question: Question, keys: readonly Key[]) => Promise<ReadonlyMap<Key, T>>,
) {
  const loaders = new Map<string, DataLoader<Key, T | null>>();
  return (question: Question) => {
    const key = JSON.stringify(question);
    const known = loaders.get(key);
    if (known !== undefined) return known;
    const loader = createLoader((keys: readonly Key[]) => {
      loaders.delete(key);
      return read(question, keys);
    });
    loaders.set(key, loader);
    return loader;
  };
}
