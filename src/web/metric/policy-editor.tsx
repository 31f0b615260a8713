import { useEffect, useState } from 'react';
import { findProblem, useDo } from '../api/ask.ts';
import { useSubmit } from '../api/use-submit.ts';
import { type Direction, type MetricHeadFragment, UpdateMetricDocument } from '../generated/graphql.ts';
import { Notice } from '../parts/notice.tsx';
import type { PolicyDraft } from './policy-draft.ts';
import { PolicyPreview } from './policy-preview.tsx';
import type { Flag } from './chart/value-plot.ts';
import { Labelled, Select } from '../parts/form-field.tsx';

const DIRECTIONS = [
  ['BOTH', 'above and below'],
  ['ABOVE', 'only above'],
  ['BELOW', 'only below'],
] as const satisfies readonly (readonly [Direction, string])[];

/** Which deviations matter; what a change would have done last week is shown before it is saved. */
export function PolicyEditor(props: {
  readonly metric: MetricHeadFragment;
  readonly onPreview: (flags: readonly Flag[]) => void;
}) {
  const { metric, onPreview } = props;
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (!isOpen) onPreview([]);
  }, [isOpen, onPreview]);
  return (
    <details className="card" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Alert sensitivity: {describePolicy(metric.policy, metric.unit)}</summary>
      {isOpen ? <PolicyForm metric={metric} onPreview={onPreview} /> : null}
    </details>
  );
}

function PolicyForm({ metric, onPreview }: Parameters<typeof PolicyEditor>[0]) {
  const [draft, setDraft] = useState<PolicyDraft>(metric.policy);
  const [notice, setNotice] = useState<{ readonly kind: 'done' | 'problem'; readonly text: string } | null>(
    null,
  );
  const update = useDo(UpdateMetricDocument);
  const save = useSubmit(async () => {
    const { direction, minDeviation, minDeviationRatio } = draft;
    const policy = { direction, minDeviation, minDeviationRatio };
    const problem = findProblem(await update({ input: { id: metric.id, policy } }));
    if (problem !== null) setNotice({ kind: 'problem', text: problem });
    else setNotice({ kind: 'done', text: 'Saved. Applies from the next data point.' });
  });
  const change = (part: Partial<PolicyDraft>) => {
    setDraft({ ...draft, ...part });
    setNotice(null);
  };
  return (
    <form className="stack policy" onSubmit={save}>
      <div className="fields">
        <Labelled label="Direction">
          <Select
            choices={DIRECTIONS}
            value={draft.direction}
            onChange={(direction) => change({ direction })}
          />
        </Labelled>
        <Labelled label={`Minimum deviation${metric.unit === null ? '' : ` (${metric.unit})`}`}>
          <input
            type="number"
            min="0"
            step="any"
            value={draft.minDeviation}
            onChange={({ target }) => change({ minDeviation: Math.max(0, target.valueAsNumber || 0) })}
          />
        </Labelled>
        <Labelled label="Minimum deviation (% of the expected)">
          <input
            type="number"
            min="0"
            step="any"
            value={Number((draft.minDeviationRatio * 100).toPrecision(6))}
            onChange={({ target }) =>
              change({ minDeviationRatio: Math.max(0, target.valueAsNumber || 0) / 100 })
            }
          />
        </Labelled>
      </div>
      <PolicyPreview metric={metric} draft={draft} onPreview={onPreview} />
      <div className="line">
        <button className="main">Save</button>
      </div>
      {notice === null ? null : <Notice kind={notice.kind}>{notice.text}</Notice>}
    </form>
  );
}

function describePolicy(
  { direction, minDeviation, minDeviationRatio }: PolicyDraft,
  unit: string | null,
): string {
  const sides = { BOTH: 'both directions', ABOVE: 'only above', BELOW: 'only below' } as const;
  const least = [
    minDeviation > 0 ? `${minDeviation}${unit === null ? '' : ` ${unit}`}` : null,
    minDeviationRatio > 0 ? `${Number((minDeviationRatio * 100).toPrecision(6))} %` : null,
  ].filter((part) => part !== null);
  return least.length === 0
    ? `${sides[direction]}, any deviation`
    : `${sides[direction]}, by ${least.join(' and ')}`;
}
