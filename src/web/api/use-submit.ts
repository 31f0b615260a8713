import { type SyntheticEvent, useRef } from 'react';

/** Within this a second click is part of a double click. */
const DOUBLE_CLICK_MS = 500;

/**
 * @returns for a form: does the act, and not again before it is done, by a double click, or by a held Enter. What is submitted after
 * something was typed is none of these.
 */
export function useSubmit(act: () => Promise<void>): (event: SyntheticEvent) => void {
  const isBusy = useRef(false);
  return (event) => {
    event.preventDefault();
    if (isBusy.current) return;
    isBusy.current = true;
    void Promise.allSettled([act(), waitForInput(event.currentTarget)]).then(() => {
      isBusy.current = false;
    });
  };
}

/** No longer than a double click takes. */
function waitForInput(form: EventTarget): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      form.removeEventListener('input', done);
      resolve();
    };
    const timer = setTimeout(done, DOUBLE_CLICK_MS);
    form.addEventListener('input', done);
  });
}
