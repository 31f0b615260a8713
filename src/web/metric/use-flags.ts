/** What happened around the metric in the time that is shown: incidents and annotations. */
import { useMemo } from 'react';
import { useAsk } from '../api/ask.ts';
import { MetricFlagsDocument } from '../generated/graphql.ts';
import type { Range } from './range.ts';
import type { Flag } from './chart/value-plot.ts';

const MINUTE_MS = 60_000;

/** In no order. Asked anew once a minute while the range moves on, and on request. */
export function useFlags(
  id: string,
  range: Range,
): { readonly happened: readonly Flag[]; readonly askAgain: () => void } {
  const { data, askAgain } = useAsk(MetricFlagsDocument, {
    id,
    from: new Date(Math.floor(range.fromMs / MINUTE_MS) * MINUTE_MS).toISOString(),
    to: new Date(Math.ceil(range.toMs / MINUTE_MS) * MINUTE_MS).toISOString(),
  });
  const happened = useMemo(() => {
    const metric = data?.metric;
    if (metric == null) return [];
    return [
      ...metric.incidents.nodes.map(({ startedAt, ruleName }): Flag => ({
        timeMs: Date.parse(startedAt),
        kind: 'incident',
        text: `Incident (rule: ${ruleName})`,
      })),
      ...(metric.annotations ?? []).map(({ timestamp, message, user }): Flag => ({
        timeMs: Date.parse(timestamp),
        kind: 'annotation',
        text: `${user}: ${message}`,
      })),
    ];
  }, [data]);
  return { happened, askAgain };
}
