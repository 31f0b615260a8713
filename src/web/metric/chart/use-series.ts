/** The series of a metric over a range, no finer than the screen; at the newest end it grows by itself. */
import { useEffect, useRef, useState } from 'react';
import type { CombinedError } from 'urql';
import { useApi } from '../../api/api.ts';
import { useStore } from '../../api/store.ts';
import { useAsk } from '../../api/ask.ts';
import { followScores, type LiveScore } from '../../api/score-feed.ts';
import { useReturn } from '../../api/use-return.ts';
import { MetricSeriesDocument } from '../../generated/graphql.ts';
import { appendScores, type Columns, NO_COLUMNS, readColumns } from './columns.ts';
import type { Range } from '../range.ts';
import { serverClock } from '../../api/server-clock.ts';

/** Each pixel has room for a lowest and a highest value. */
const MAX_POINTS = 4000;
const FEWEST_POINTS = 200;
/** Live scores that are kept until an answer surely holds them. */
const MAX_RECENT = 500;

export interface SeriesState {
  readonly columns: Columns;
  readonly isAsking: boolean;
  readonly error: CombinedError | undefined;
  readonly askAgain: () => void;
}

/**
 * @param range what to read; a new object asks anew
 * @param spanMs how much of the newest is kept while it follows; null when it does not follow
 */
export function useSeries(
  id: string,
  options: { readonly range: Range; readonly spanMs: number | null; readonly widthPixels: number },
): SeriesState {
  const { range, spanMs, widthPixels } = options;
  const client = useStore(useApi().socket.client);
  const maxPoints = Math.round(Math.min(MAX_POINTS, Math.max(FEWEST_POINTS, widthPixels)));
  const { data, error, isAsking, askAgain } = useAsk(
    MetricSeriesDocument,
    {
      id,
      from: new Date(range.fromMs).toISOString(),
      // What comes after the answer is added as it comes.
      to: spanMs === null ? new Date(range.toMs).toISOString() : null,
      maxPoints,
    },
    { policy: 'network-only' },
  );
  const [columns, setColumns] = useState<Columns>(NO_COLUMNS);
  const recent = useRef<readonly LiveScore[]>([]);
  useEffect(() => {
    const series = data?.metric?.series;
    if (series == null) return;
    // What came live while the answer was on its way may not be in it.
    setColumns(appendScores(readColumns(series), recent.current, 0));
  }, [data]);
  useReturn(() => {
    if (spanMs !== null) askAgain();
  });
  useEffect(() => {
    if (spanMs === null) return;
    const feed = followScores(client, {
      after: null,
      metricIds: [id],
      onScores: (scores) => {
        recent.current = [...recent.current, ...scores].slice(-MAX_RECENT);
        setColumns((old) => appendScores(old, scores, serverClock.now() - spanMs));
      },
      onLost: askAgain,
    });
    return () => {
      feed.stop();
      recent.current = [];
    };
  }, [client, id, spanMs, askAgain]);
  return { columns, isAsking, error, askAgain };
}
