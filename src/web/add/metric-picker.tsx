import type { SourcesQuery } from '../generated/graphql.ts';
import { shortenUnit } from '../parts/format-number.ts';

type CatalogueMetric = SourcesQuery['resourceTypes'][number]['metrics'][number];

/** The metrics of a type; those that are monitored by default are ticked already. */
export function MetricPicker(props: {
  readonly metrics: readonly CatalogueMetric[];
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (chosen: ReadonlySet<string>) => void;
}) {
  const { metrics, chosen, onChoose } = props;
  const turn = (metric: string) => {
    const next = new Set(chosen);
    if (!next.delete(metric)) next.add(metric);
    onChoose(next);
  };
  return (
    <fieldset className="card picker">
      <legend>Metrics</legend>
      <ul className="choices">
        {metrics.map(({ namespace, metric, statistic, unit, periodSeconds }) => (
          <li key={`${namespace} ${metric}`}>
            <label className="choice">
              <input type="checkbox" checked={chosen.has(metric)} onChange={() => turn(metric)} />
              <span>
                <strong>{metric}</strong>{' '}
                <span className="quiet">
                  {[statistic, shortenUnit(unit), `every ${periodSeconds} s`]
                    .filter((part) => part !== '')
                    .join(', ')}
                </span>
              </span>
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}
