/** How wide an element is drawn, in steps, so that small changes ask nothing anew. */
import { type RefObject, useEffect, useState } from 'react';

const STEP_PIXELS = 200;

/** In pixels of the screen, rounded up; as wide as the window until it is known. */
export function useWidth(place: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(() => roundUp(innerWidth));
  useEffect(() => {
    const target = place.current;
    if (target === null) return;
    const observer = new ResizeObserver(() => setWidth(roundUp(target.clientWidth)));
    observer.observe(target);
    return () => observer.disconnect();
  }, [place]);
  return width;
}

function roundUp(pixels: number): number {
  return Math.ceil((pixels * devicePixelRatio) / STEP_PIXELS) * STEP_PIXELS;
}
