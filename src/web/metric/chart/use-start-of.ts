import { useState } from 'react';
import type { RangeState } from '../use-range.ts';

/** The range at the moment the span was chosen, or the fixed one. */
export function useStartOf(span: string | null, range: RangeState['range']): RangeState['range'] {
  const [start, setStart] = useState(range);
  const key = span ?? `${range.fromMs} ${range.toMs}`;
  const [known, setKnown] = useState(key);
  if (known !== key) {
    setKnown(key);
    setStart(range);
    return range;
  }
  return start;
}
