import { useState } from 'react';
import { useAsk } from '../../api/ask.ts';
import type { Whole } from '../../api/whole.ts';
import { FindMetricsDocument, type FindMetricsQuery, NameMetricsDocument } from '../../generated/graphql.ts';
import { FormField } from '../../parts/form-field.tsx';

/** So many ids are asked for at once. */
const MAX_NAMED = 100;

/** Specific metrics: those that are chosen, and a search for more. */
export function MetricChooser(props: {
  readonly chosen: readonly string[];
  readonly onChoose: (chosen: readonly string[]) => void;
}) {
  const { chosen, onChoose } = props;
  const [text, setText] = useState('');
  const wanted = text.trim();
  const found = useAsk(FindMetricsDocument, { text: wanted }, { isPaused: wanted === '' });
  const named = useAsk(
    NameMetricsDocument,
    { ids: chosen.slice(0, MAX_NAMED) },
    { isPaused: chosen.length === 0 },
  );
  const names = new Map(
    [...(named.data?.nodes ?? []), ...(found.data?.metrics.nodes ?? [])].flatMap((node) =>
      node !== null && 'name' in node ? [[node.id, node.name] as const] : [],
    ),
  );
  return (
    <fieldset className="card picker">
      <legend>Specific metrics</legend>
      {chosen.length === 0 ? <p className="quiet">None selected.</p> : null}
      <ul className="chosen" aria-label="Chosen metrics">
        {chosen.map((id) => (
          <li key={id}>
            <button
              type="button"
              aria-label={`Take ${names.get(id) ?? id} away`}
              onClick={() => onChoose(chosen.filter((other) => other !== id))}
            >
              {names.get(id) ?? id} ✕
            </button>
          </li>
        ))}
      </ul>
      <FormField at="scope.metricIds" label="Search for a metric by its name">
        {(attributes) => (
          <input
            {...attributes}
            type="search"
            value={text}
            onChange={({ target }) => setText(target.value)}
            // Enter chooses nothing, and must not save the rule either.
            onKeyDown={(event) => {
              if (event.key === 'Enter') event.preventDefault();
            }}
          />
        )}
      </FormField>
      {wanted === '' ? null : (
        <FoundMetrics found={found.data} chosen={chosen} onAdd={(id) => onChoose([...chosen, id])} />
      )}
    </fieldset>
  );
}

function FoundMetrics(props: {
  /** Undefined while they are searched for. */
  readonly found: Whole<FindMetricsQuery> | undefined;
  readonly chosen: readonly string[];
  readonly onAdd: (id: string) => void;
}) {
  const { found, chosen, onAdd } = props;
  const more = (found?.metrics.nodes ?? []).filter(({ id }) => !chosen.includes(id));
  const hidden = (found?.metrics.totalCount ?? 0) - (found?.metrics.nodes.length ?? 0);
  return (
    <ul className="choices" aria-label="Metrics found">
      {more.map(({ id, name, server }) => (
        <li key={id}>
          <button type="button" className="bare" onClick={() => onAdd(id)}>
            + {name} <span className="quiet">{server === name ? '' : server}</span>
          </button>
        </li>
      ))}
      <li className="quiet" role="status">
        {found === undefined
          ? 'Searching …'
          : more.length === 0
            ? 'No other metric has this in its name.'
            : hidden > 0
              ? `and ${hidden} more: type more of the name`
              : ''}
      </li>
    </ul>
  );
}
