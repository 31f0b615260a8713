import { useState } from 'react';
import { useAsk } from '../../api/ask.ts';
import { ComparedMetricsDocument, type ComparedMetricsQuery } from '../../generated/graphql.ts';
import { Answered } from '../../parts/answer.tsx';
import type { Found } from '../../search/list-found.ts';
import { SearchDialog } from '../../search/search-dialog.tsx';
import type { RangeState } from '../use-range.ts';
import { ComparedChart, type ComparedMetric } from './compared-chart.tsx';
import { MAX_COMPARED, useCompared } from './use-compared.ts';

/** Other metrics on the same time axis, below each other: the pointer is at the same moment in all of them. */
export function ComparePanel(props: { readonly id: string; readonly ranging: RangeState }) {
  const { id, ranging } = props;
  const { ids, add, remove } = useCompared(id);
  const [isSearching, setSearching] = useState(false);
  const answer = useAsk(ComparedMetricsDocument, { ids: [...ids] }, { isPaused: ids.length === 0 });
  const open = ({ href }: Found) => add(readMetricId(href));
  return (
    <section className="card stack" aria-label="Compare">
      <div className="line spread">
        <h2>Compare</h2>
        <button
          aria-haspopup="dialog"
          disabled={ids.length >= MAX_COMPARED}
          onClick={() => setSearching(true)}
        >
          Compare with …
        </button>
      </div>
      {ids.length === 0 ? (
        <p className="quiet">Other metrics on the same time axis.</p>
      ) : (
        <Answered answer={answer} what="the compared metrics">
          {({ nodes }) =>
            ids.map((other) => (
              <ComparedChart
                key={other}
                id={other}
                metric={findMetric(nodes, other)}
                ranging={ranging}
                syncKey={id}
                onRemove={() => remove(other)}
              />
            ))
          }
        </Answered>
      )}
      {isSearching ? (
        <SearchDialog
          title="Compare with"
          what="Name of a metric"
          kind="Metric"
          onOpen={open}
          onClose={() => setSearching(false)}
        />
      ) : null}
    </section>
  );
}

type Node = ComparedMetricsQuery['nodes'][number];

/** @returns null for a node that is gone or is no metric */
function findMetric(nodes: readonly Node[], id: string): ComparedMetric | null {
  return nodes.filter(isMetric).find((metric) => metric.id === id) ?? null;
}

function isMetric(node: Node): node is ComparedMetric {
  return node !== null && 'name' in node;
}

/** As the address of its page has it. */
function readMetricId(href: string): string {
  return decodeURIComponent(href.replace(/^\/metric\//, ''));
}
