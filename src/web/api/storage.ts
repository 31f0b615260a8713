/** What this browser keeps. Where cookies are blocked it keeps nothing, and that is all it costs. */

export type Kept = Pick<Storage, 'getItem' | 'setItem'>;

/**
 * @param open such as () => localStorage: to name it throws where it is switched off
 * @returns holds nothing there, and throws at what is to be kept, as a storage does that is full
 */
export function openStorage(open: () => Kept): Kept {
  return {
    getItem: (name) => {
      try {
        return open().getItem(name);
      } catch {
        return null;
      }
    },
    setItem: (name, value) => open().setItem(name, value),
  };
}

/** Keeps what is worth no message when it cannot be kept. */
export function keepIfPossible(storage: Kept, name: string, value: string): void {
  try {
    storage.setItem(name, value);
  } catch {
    // It holds until the page is closed.
  }
}
