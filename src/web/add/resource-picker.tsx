import { useEffect, useState } from 'react';
import { useAsk, useAskOnce } from '../api/ask.ts';
import {
  CatalogueDocument,
  type CatalogueResourceFragment,
  type Datasource,
  SuggestionsDocument,
} from '../generated/graphql.ts';
import { Notice } from '../parts/notice.tsx';

/** What has been read of a catalogue so far. */
interface Found {
  readonly resources: readonly CatalogueResourceFragment[];
  readonly isWhole: boolean;
  readonly problem: string | null;
}

/** The resources of a type, the suggested ones first. */
export function ResourcePicker(props: {
  readonly source: Datasource;
  readonly region: string | null;
  readonly type: string;
  /** Names by id. */
  readonly chosen: ReadonlyMap<string, string>;
  readonly onChoose: (chosen: ReadonlyMap<string, string>) => void;
}) {
  const { source, region, type, chosen, onChoose } = props;
  const { resources, isWhole, problem } = useCatalogue(source, region, type);
  const suggestions = useAsk(SuggestionsDocument, { region }, { isPaused: source !== 'CLOUDWATCH' });
  const [text, setText] = useState('');
  const suggested = new Set(suggestions.data?.suggestedResources?.map(({ id }) => id));
  const wanted = text.trim().toLowerCase();
  const shown = resources
    .filter(({ name, resourceId }) => `${name ?? ''} ${resourceId}`.toLowerCase().includes(wanted))
    .toSorted((a, b) => Number(suggested.has(b.id)) - Number(suggested.has(a.id)));
  const turn = (resource: CatalogueResourceFragment) => {
    const next = new Map(chosen);
    if (!next.delete(resource.id)) next.set(resource.id, resource.name ?? resource.resourceId);
    onChoose(next);
  };
  return (
    <fieldset className="card picker">
      <legend>Resources</legend>
      <div className="line">
        <input
          type="search"
          aria-label="Filter resources"
          placeholder="Filter"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <button
          disabled={shown.length === 0}
          onClick={() => onChoose(new Map(shown.map(({ id, name, resourceId }) => [id, name ?? resourceId])))}
        >
          All
        </button>
        <button disabled={chosen.size === 0} onClick={() => onChoose(new Map())}>
          None
        </button>
      </div>
      {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
      <ul className="choices">
        {shown.map((resource) => (
          <li key={resource.id}>
            <label className="choice">
              <input type="checkbox" checked={chosen.has(resource.id)} onChange={() => turn(resource)} />
              <span>
                <strong>{resource.name ?? resource.resourceId}</strong>{' '}
                <span className="quiet">
                  {resource.name === null ? '' : resource.resourceId} {resource.state ?? ''}
                </span>
              </span>
              {suggested.has(resource.id) ? <span className="badge normal">suggested</span> : null}
              {resource.status === 'UNMONITORED' ? null : <span className="badge">monitored</span>}
            </label>
          </li>
        ))}
      </ul>
      {problem === null ? (
        <p className="quiet" role="status">
          {isWhole ? `${resources.length} known` : 'Reading …'}
          {isWhole && resources.length === 0 ? ': No resources of this type.' : ''}
        </p>
      ) : null}
    </fieldset>
  );
}

function useCatalogue(datasource: Datasource, region: string | null, type: string): Found {
  const ask = useAskOnce(CatalogueDocument);
  const [found, setFound] = useState<Found>({ resources: [], isWhole: false, problem: null });
  useEffect(() => {
    let isOver = false;
    const read = async () => {
      const resources: CatalogueResourceFragment[] = [];
      let after: string | null = null;
      for (;;) {
        const filter = {
          sources: [datasource],
          types: [type],
          ...(region === null ? {} : { regions: [region] }),
        };
        const outcome: Awaited<ReturnType<typeof ask>> = await ask({ filter, after });
        if (isOver) return;
        if ('problem' in outcome) {
          setFound({ resources, isWhole: true, problem: outcome.problem });
          return;
        }
        const { nodes, pageInfo } = outcome.data.resources;
        resources.push(...nodes);
        setFound({ resources: [...resources], isWhole: !pageInfo.hasNextPage, problem: null });
        if (!pageInfo.hasNextPage) return;
        after = pageInfo.endCursor;
      }
    };
    void read();
    return () => {
      isOver = true;
    };
  }, [ask, datasource, region, type]);
  return found;
}
