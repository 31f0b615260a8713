/** What is shown, kept in the address: a link to it shows the same. */
import { useCallback } from 'react';
import { useSearchParams } from 'wouter';

/** The cursor a list is shown behind. */
const PLACE = 'after';

/**
 * @param isStep whether the way back leads to the value before: not while a text is typed
 * @returns the value, and how to change it; empty takes it out of the address
 */
export function useUrlState(name: string, isStep = false): readonly [string, (value: string) => void] {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (value: string) => {
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          // Another list than before begins at its beginning.
          next.delete(PLACE);
          if (value === '') next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: !isStep },
      );
    },
    [name, isStep, setParams],
  );
  return [params.get(name) ?? '', set];
}

/** One of some choices; the first one when the address says nothing, or nothing that is known. */
export function useUrlChoice<Choice extends string>(
  name: string,
  choices: readonly [Choice, ...Choice[]],
): readonly [Choice, (value: Choice) => void] {
  const [text, set] = useUrlState(name, true);
  const choice = choices.find((known) => known === text) ?? choices[0];
  const choose = useCallback(
    (value: Choice) => {
      if (value !== choice) set(value === choices[0] ? '' : value);
    },
    [set, choice, choices],
  );
  return [choice, choose];
}

/** Where in its list the page is: the cursor it is shown behind, null at the beginning; the way back leads through the places. */
export function useListPlace(): readonly [string | null, (after: string | null) => void] {
  const [after, setAfter] = useUrlState(PLACE, true);
  const turn = useCallback((next: string | null) => setAfter(next ?? ''), [setAfter]);
  return [after === '' ? null : after, turn];
}
