import { type SyntheticEvent, useRef } from 'react';

/** Within this a second click is part of a double click. */
const DOUBLE_CLICK_MS = 500;

/** @returns for a form: does the act, and not again by a double click, nor by a held Enter, nor before it is done */
export function useSubmit(act: () => Promise<void>): (event: SyntheticEvent) => void {
  const isBusy = useRef(false);
  return (event) => {
    event.preventDefault();
    if (isBusy.current) return;
    isBusy.current = true;
    const pause = new Promise((resolve) => setTimeout(resolve, DOUBLE_CLICK_MS));
    void Promise.allSettled([act(), pause]).then(() => {
      isBusy.current = false;
    });
  };
}
