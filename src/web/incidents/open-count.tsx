import { useAsk } from '../api/ask.ts';
import { useAskedAgain } from '../api/follow.ts';
import { IncidentChangesDocument, OpenIncidentsDocument } from '../generated/graphql.ts';

/** How many incidents fire just now, wherever one is on the page; nothing while there is none. */
export function OpenCount() {
  const { data, askAgain } = useAsk(OpenIncidentsDocument, {});
  useAskedAgain(IncidentChangesDocument, {}, askAgain);
  // What several rules opened for one metric is one event.
  const count = new Set(data?.incidents.nodes.map(({ id, metric }) => metric?.id ?? id)).size;
  if (count === 0) return null;
  const text = data?.incidents.pageInfo.hasNextPage === true ? `${count}+` : String(count);
  return (
    <>
      <span className="open-count" aria-hidden="true">
        {text}
      </span>
      <span className="only-heard">, {text} open</span>
    </>
  );
}
