import { useCallback, useEffect, useRef } from 'react';

/** @returns asks for the act; done once, when nobody has asked for it for so long */
export function useSettled(act: () => void, quietMs: number): () => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(act, quietMs);
  }, [act, quietMs]);
}
