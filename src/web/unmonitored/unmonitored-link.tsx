import { Link } from 'wouter';
import { useAsk } from '../api/ask.ts';
import { useAskedAgain } from '../api/follow.ts';
import { UnmonitoredCountDocument, WallStatusDocument } from '../generated/graphql.ts';

/** The way to metrics that are stored and not monitored; nothing where there is none. */
export function UnmonitoredLink() {
  const { data, askAgain } = useAsk(UnmonitoredCountDocument, {});
  useAskedAgain(WallStatusDocument, {}, askAgain);
  const count = data?.metrics.totalCount ?? 0;
  if (count === 0) return null;
  return <Link href="/unmonitored">Not monitored ({count.toLocaleString('en')})</Link>;
}
