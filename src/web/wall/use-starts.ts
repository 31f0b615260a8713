import { useEffect, useMemo, useState } from 'react';
import { BAR_MS, listStarts, type WindowName } from './bars.ts';

/** The intervals that are shown; new ones begin while one looks. */
export function useStarts(window: WindowName): readonly number[] {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    setNowMs(Date.now());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = () => {
      const length = BAR_MS[window];
      timer = setTimeout(
        () => {
          setNowMs(Date.now());
          wait();
        },
        length - (Date.now() % length) + 50,
      );
    };
    wait();
    return () => clearTimeout(timer);
  }, [window]);
  return useMemo(() => listStarts(nowMs, window), [nowMs, window]);
}
