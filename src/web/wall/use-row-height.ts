/** Rows are all equally high, so that a thousand of them need no measuring. */
import { useSyncExternalStore } from 'react';

const NARROW = '(max-width: 720px)';
const HEIGHT_PIXELS = { wide: 42, narrow: 66 } as const;

/** In pixels: on narrow screens the bars are below the name. */
export function useRowHeight(): number {
  const isNarrow = useSyncExternalStore(
    (onChange) => {
      const query = matchMedia(NARROW);
      query.addEventListener('change', onChange);
      return () => query.removeEventListener('change', onChange);
    },
    () => matchMedia(NARROW).matches,
  );
  return isNarrow ? HEIGHT_PIXELS.narrow : HEIGHT_PIXELS.wide;
}
