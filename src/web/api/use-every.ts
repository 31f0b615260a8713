import { useEffect } from 'react';

/** Calls it again and again while the part is shown: for what the server announces to nobody. */
export function useEvery(everyMs: number, act: () => void): void {
  useEffect(() => {
    const timer = setInterval(act, everyMs);
    return () => clearInterval(timer);
  }, [act, everyMs]);
}
