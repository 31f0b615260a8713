/** The point that is explained, kept in the address: `at` is its time, or with `until` the bar whose worst point it is. */
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { useAsk } from '../../api/ask.ts';
import { type PointFragment, AnomalousPointsDocument } from '../../generated/graphql.ts';
import { findWorst } from './episodes.ts';
import type { Range } from '../range.ts';

export interface Chosen {
  /** Null while nothing is chosen. */
  readonly time: Range | null;
  /** The worst anomalous point of that time; null while it is not known, and where nothing was anomalous. */
  readonly point: PointFragment | null;
  readonly isAsking: boolean;
  readonly choose: (point: PointFragment) => void;
}

export function useChosen(id: string): Chosen {
  const [params, setParams] = useSearchParams();
  const [at, until] = [params.get('at') ?? '', params.get('until') ?? ''];
  const time = useMemo(() => parseChosen(at, until), [at, until]);
  const { data, isAsking } = useAsk(
    AnomalousPointsDocument,
    { id, from: toText(time?.fromMs), to: toText(time?.toMs) },
    { isPaused: time === null },
  );
  const point = useMemo(
    () => (time === null ? null : findWorst(data?.metric?.data.nodes ?? [])),
    [time, data],
  );
  const choose = useCallback(
    ({ timestamp }: PointFragment) => {
      setParams(
        (old) => {
          const kept = [...old].filter(([key]) => key !== 'at' && key !== 'until');
          return new URLSearchParams([...kept, ['at', timestamp]]);
        },
        { replace: true },
      );
    },
    [setParams],
  );
  return { time, point, isAsking, choose };
}

/** Both ends belong to it: an `until` that belongs to the next bar is left out of it. */
export function parseChosen(at: string, until: string): Range | null {
  const fromMs = Date.parse(at);
  if (Number.isNaN(fromMs)) return null;
  const toMs = Date.parse(until);
  return { fromMs, toMs: Number.isNaN(toMs) ? fromMs : Math.max(fromMs, toMs - 1) };
}

function toText(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
