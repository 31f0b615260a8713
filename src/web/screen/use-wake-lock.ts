import { useEffect } from 'react';

/** Keeps the screen from going dark, where the browser can: it needs HTTPS or this machine. */
export function useWakeLock(): void {
  useEffect(() => {
    // Missing where the page came without HTTPS, which the types do not say.
    const locks: WakeLock | undefined = 'wakeLock' in navigator ? navigator.wakeLock : undefined;
    if (locks === undefined) return;
    let held: WakeLockSentinel | null = null;
    let isOver = false;
    const hold = async () => {
      if (document.visibilityState !== 'visible') return;
      try {
        const lock = await locks.request('screen');
        if (isOver) await lock.release();
        else held = lock;
      } catch {
        // A browser may refuse, as on a low battery; the screen is then what its settings say.
      }
    };
    void hold();
    // A page that was hidden has lost it.
    document.addEventListener('visibilitychange', hold);
    return () => {
      isOver = true;
      document.removeEventListener('visibilitychange', hold);
      void held?.release();
    };
  }, []);
}
