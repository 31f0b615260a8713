/** The same metric a day or a week before, to be drawn over what is shown; kept in the address as `before`. */
import { useMemo } from 'react';
import { useAsk } from '../../api/ask.ts';
import { MetricSeriesDocument } from '../../generated/graphql.ts';
import type { Range } from '../range.ts';

/** How long before, by what is in the address. Of 24 hours each: the hour a clock is changed by is not made up for. */
const PERIODS = { '1d': 86_400_000, '1w': 7 * 86_400_000 } as const;
export type Period = keyof typeof PERIODS;
export const PERIOD_CHOICES = ['', '1d', '1w'] as const;

const MAX_POINTS = 2000;

/** Values of the period before, at the times they are drawn at, in seconds. */
export interface Previous {
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
}

/** @returns null while none is wanted or known */
export function usePrevious(
  id: string,
  period: Period | '',
  shown: { readonly range: Range; readonly spanMs: number | null },
): Previous | null {
  const shiftMs = period === '' ? 0 : PERIODS[period];
  const { fromMs, toMs } = rangeToAsk(shown.range, shown.spanMs);
  const { data } = useAsk(
    MetricSeriesDocument,
    {
      id,
      from: new Date(fromMs - shiftMs).toISOString(),
      to: new Date(toMs - shiftMs).toISOString(),
      maxPoints: MAX_POINTS,
    },
    { isPaused: period === '' },
  );
  return useMemo(() => {
    const series = period === '' ? null : data?.metric?.series;
    if (series == null) return null;
    return {
      times: series.timestamps.map((time) => (Date.parse(time) + shiftMs) / 1000),
      values: series.values,
    };
  }, [data, period, shiftMs]);
}

/** A range that moves with the clock is asked for in steps of its length, each of which holds the next one too. */
export function rangeToAsk({ fromMs, toMs }: Range, spanMs: number | null): Range {
  if (spanMs === null) return { fromMs, toMs };
  const startMs = Math.floor(fromMs / spanMs) * spanMs;
  return { fromMs: startMs, toMs: startMs + 2 * spanMs };
}
