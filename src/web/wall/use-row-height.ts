/** Rows are all equally high, so that a thousand of them need no measuring. */
import { useSyncExternalStore } from 'react';
import { useStore } from '../api/store.ts';
import { type Density, usePreferences } from '../parts/preferences.ts';

const NARROW = '(max-width: 720px)';
const HEIGHT_PIXELS: Readonly<Record<Density, { readonly wide: number; readonly narrow: number }>> = {
  comfortable: { wide: 42, narrow: 66 },
  compact: { wide: 28, narrow: 56 },
};

/** In pixels: on narrow screens the bars are below the name. */
export function useRowHeight(): number {
  const density = useStore(usePreferences().density);
  const isNarrow = useSyncExternalStore(
    (onChange) => {
      const query = matchMedia(NARROW);
      query.addEventListener('change', onChange);
      return () => query.removeEventListener('change', onChange);
    },
    () => matchMedia(NARROW).matches,
  );
  return HEIGHT_PIXELS[density][isNarrow ? 'narrow' : 'wide'];
}
