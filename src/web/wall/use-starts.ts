import { useEffect, useMemo, useState } from 'react';
import { BAR_MS, listStarts, type WindowName } from './bars.ts';
import { serverClock } from '../api/server-clock.ts';

/** The intervals that are shown; new ones begin while one looks. */
export function useStarts(window: WindowName): readonly number[] {
  const [nowMs, setNowMs] = useState(() => serverClock.now());
  useEffect(() => {
    setNowMs(serverClock.now());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = () => {
      const length = BAR_MS[window];
      timer = setTimeout(
        () => {
          setNowMs(serverClock.now());
          wait();
        },
        length - (serverClock.now() % length) + 50,
      );
    };
    wait();
    const unfollow = serverClock.follow(() => {
      clearTimeout(timer);
      setNowMs(serverClock.now());
      wait();
    });
    return () => {
      clearTimeout(timer);
      unfollow();
    };
  }, [window]);
  return useMemo(() => listStarts(nowMs, window), [nowMs, window]);
}
