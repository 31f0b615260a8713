/** Metrics that are shown below another one, kept in the address: one `with` each. */
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';

/** More charts than this are below each other on no screen. */
export const MAX_COMPARED = 6;

export interface Compared {
  readonly ids: readonly string[];
  readonly add: (id: string) => void;
  readonly remove: (id: string) => void;
}

/** @param shownId the metric they are compared with: never one of them */
export function useCompared(shownId: string): Compared {
  const [params, setParams] = useSearchParams();
  const text = params.getAll('with').join('\n');
  const ids = useMemo(() => listCompared(text.split('\n'), shownId), [text, shownId]);
  const change = useCallback(
    (act: (old: readonly string[]) => readonly string[]) => {
      setParams(
        (old) => {
          const kept = [...old].filter(([key]) => key !== 'with');
          const next = listCompared(act(old.getAll('with')), shownId);
          return new URLSearchParams([...kept, ...next.map((id) => ['with', id])]);
        },
        { replace: true },
      );
    },
    [setParams, shownId],
  );
  const add = useCallback((id: string) => change((old) => [...old, id]), [change]);
  const remove = useCallback((id: string) => change((old) => old.filter((other) => other !== id)), [change]);
  return { ids, add, remove };
}

/** Each once, not the shown one, no more than there is room for. */
export function listCompared(ids: readonly string[], shownId: string): readonly string[] {
  return [...new Set(ids)].filter((id) => id !== '' && id !== shownId).slice(0, MAX_COMPARED);
}
