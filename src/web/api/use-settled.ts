import { useCallback, useEffect, useRef } from 'react';

/** @returns asks for the act; done so long after it was first asked for, once for all who asked meanwhile */
export function useSettled(act: () => void, withinMs: number): () => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // What is asked may have changed when it is done.
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  }, [act]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return useCallback(() => {
    // Not begun anew: where changes never cease it would not be done at all.
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      latest.current();
    }, withinMs);
  }, [withinMs]);
}
