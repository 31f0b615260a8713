/** Lets an idle reader sleep until there is something to do. */
export interface WakeUp {
  wake: () => void;
  /** Resolves at the next `wake`, or after `limitMs`. A wake with nobody waiting is not remembered. */
  wait: (limitMs?: number) => Promise<void>;
}

export function createWakeUp(): WakeUp {
  let sleepers = new Set<() => void>();
  return {
    wake: () => {
      const woken = sleepers;
      sleepers = new Set();
      for (const resolve of woken) resolve();
    },
    wait: (limitMs) =>
      new Promise((resolve) => {
        const timer = limitMs === undefined ? undefined : setTimeout(done, limitMs);
        function done() {
          clearTimeout(timer);
          sleepers.delete(done);
          resolve();
        }
        sleepers.add(done);
      }),
  };
}
