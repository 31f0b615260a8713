import { useEffect, useState } from 'react';
import { describeError, useAsk } from '../api/ask.ts';
import { PreviewAutostackDocument, type PreviewAutostackQueryVariables } from '../generated/graphql.ts';
import { Notice } from '../parts/notice.tsx';

const TYPING_MS = 400;

/** Who would be in the group, a moment after the last key. */
export function AutostackPreview({ question }: { readonly question: PreviewAutostackQueryVariables }) {
  const settled = useSettled(question);
  const isReady = settled.region !== '' && readList(settled.filters).length > 0;
  const { data, error, isAsking } = useAsk(PreviewAutostackDocument, settled, { isPaused: !isReady });
  const found = data?.previewAutostack;
  return (
    <section className="card picker" aria-label="Members">
      <h2>Members</h2>
      {isReady ? null : <p className="quiet">Select a region and a tag to preview members.</p>}
      {isReady && error !== undefined ? <Notice kind="problem">{describeError(error)}</Notice> : null}
      {isReady && error === undefined ? (
        <>
          <p role="status" className="quiet">
            {found === undefined
              ? 'Looking …'
              : `${found.nodes.length}${found.pageInfo.hasNextPage ? ' and more' : ''} ${found.nodes.length === 1 ? 'member' : 'members'}${isAsking ? ' …' : ''}`}
          </p>
          <ul className="choices">
            {found?.nodes.map(({ id, name, resourceId, state }) => (
              <li key={id}>
                <strong>{name ?? resourceId}</strong>{' '}
                <span className="quiet">
                  {name === null ? '' : resourceId} {state ?? ''}
                </span>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </section>
  );
}

function useSettled(question: PreviewAutostackQueryVariables): PreviewAutostackQueryVariables {
  const key = JSON.stringify(question);
  const [settled, setSettled] = useState(key);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(key), TYPING_MS);
    return () => clearTimeout(timer);
  }, [key]);
  // Written from variables of this type, just above.
  return JSON.parse(settled) as PreviewAutostackQueryVariables;
}

/** GraphQL takes a single thing for a list of one. */
function readList<T>(list: T | readonly T[]): readonly T[] {
  return Array.isArray(list) ? (list as readonly T[]) : [list as T];
}
