/** What is shown, kept in the address: a link to it shows the same. */
import { useCallback } from 'react';
import { useSearchParams } from 'wouter';

/** @returns the value, and how to change it without a new entry in the history; empty takes it out of the address */
export function useUrlState(name: string): readonly [string, (value: string) => void] {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (value: string) => {
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          if (value === '') next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true },
      );
    },
    [name, setParams],
  );
  return [params.get(name) ?? '', set];
}

/** One of some choices; the first one when the address says nothing, or nothing that is known. */
export function useUrlChoice<Choice extends string>(
  name: string,
  choices: readonly [Choice, ...Choice[]],
): readonly [Choice, (value: Choice) => void] {
  const [text, set] = useUrlState(name);
  const choice = choices.find((known) => known === text) ?? choices[0];
  const choose = useCallback((value: Choice) => set(value === choices[0] ? '' : value), [set, choices]);
  return [choice, choose];
}
