/** Lets an idle reader sleep until there is something to do. */
export interface WakeUp {
  wake: () => void;
  /** Sleeps until the next `wake`, or for `limitMs`. A wake with nobody asleep is not remembered. */
  sleep: (limitMs?: number) => Nap;
}

export interface Nap {
  readonly over: Promise<void>;
  /** Ends this sleep alone. */
  readonly cut: () => void;
}

export function createWakeUp(): WakeUp {
  let sleepers = new Set<() => void>();
  return {
    wake: () => {
      const woken = sleepers;
      sleepers = new Set();
      for (const cut of woken) cut();
    },
    sleep: (limitMs) => {
      let resolve: () => void = () => undefined;
      const over = new Promise<void>((done) => (resolve = done));
      const timer = limitMs === undefined ? undefined : setTimeout(cut, limitMs);
      function cut() {
        clearTimeout(timer);
        sleepers.delete(cut);
        resolve();
      }
      sleepers.add(cut);
      return { over, cut };
    },
  };
}
