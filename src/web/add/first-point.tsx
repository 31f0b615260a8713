import { useEffect } from 'react';
import { Link } from 'wouter';
import { useAsk } from '../api/ask.ts';
import { FirstPointDocument } from '../generated/graphql.ts';
import { formatValue } from '../parts/format-number.ts';
import { Notice } from '../parts/notice.tsx';
import { TimeText } from '../parts/time-text.tsx';

const EVERY_MS = 2000;

/** Waits for points of a metric that was just made, and says when they come. */
export function FirstPoint({ id }: { readonly id: string }) {
  const { data, askAgain } = useAsk(FirstPointDocument, { id });
  useEffect(() => {
    const timer = setInterval(askAgain, EVERY_MS);
    return () => clearInterval(timer);
  }, [askAgain]);
  const metric = data?.metric;
  if (metric == null) return null;
  const { latest, lastRowId } = metric;
  return (
    <Notice
      kind={latest === null ? 'plain' : 'done'}
      title={latest === null ? 'Waiting for its first point' : 'Points come in'}
    >
      {latest === null ? (
        <p>Metric created. Send a first data point:</p>
      ) : (
        <p>
          {lastRowId.toLocaleString('en')} so far, the newest {formatValue(latest.value)} at{' '}
          <TimeText time={latest.timestamp} style="second" />.{' '}
          <Link href={`/metric/${encodeURIComponent(id)}`}>Open metric</Link>
        </p>
      )}
    </Notice>
  );
}
