/** How many live connections one caller may hold at once: sockets, and streams of events. */

export interface ConnectionLimit {
  readonly most: number;
  /** @returns what to call once when the connection ends; null when the caller holds as many as it may */
  readonly enter: (caller: string) => (() => void) | null;
  /** How many this caller holds. */
  readonly count: (caller: string) => number;
}

export function createConnectionLimit(most: number): ConnectionLimit {
  const counts = new Map<string, number>();
  const count = (caller: string) => counts.get(caller) ?? 0;
  return {
    most,
    count,
    enter: (caller) => {
      if (count(caller) >= most) return null;
      counts.set(caller, count(caller) + 1);
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        const left = count(caller) - 1;
        if (left > 0) counts.set(caller, left);
        else counts.delete(caller);
      };
    },
  };
}
