import { type SubmitEvent, useMemo, useState } from 'react';
import { readFilters, TagFilters } from '../add/tag-filters.tsx';
import type { PolicyRowFragment, UpdateMonitoringPolicyInput } from '../generated/graphql.ts';
import { ProblemContext, readProblem } from '../parts/field-problem.ts';
import { TextField, TickField } from '../parts/form-field.tsx';
import { Modal } from '../parts/modal.tsx';
import { Notice } from '../parts/notice.tsx';

/** Name and match of a monitoring policy, to be changed. */
export function PolicyForm(props: {
  readonly policy: PolicyRowFragment;
  /** What the server has against it. */
  readonly problem: string | null;
  readonly onSave: (change: Omit<UpdateMonitoringPolicyInput, 'id'>) => void;
  readonly onClose: () => void;
}) {
  const { policy, problem, onSave, onClose } = props;
  const [name, setName] = useState(policy.name);
  const [pattern, setPattern] = useState(policy.match.namePattern ?? '');
  const [tags, setTags] = useState(
    policy.match.tags.map(({ key, values }) => ({ key, values: values.join(', ') })),
  );
  // One problem takes the focus once.
  const fieldProblem = useMemo(() => (problem === null ? null : readProblem(problem)), [problem]);
  const [isApplied, setApplied] = useState(false);
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    const namePattern = pattern.trim() === '' ? {} : { namePattern: pattern.trim() };
    const filters = readFilters(tags);
    onSave({
      name: name.trim(),
      match: {
        sources: [...policy.match.sources],
        ...namePattern,
        ...(filters.length === 0 ? {} : { tags: filters }),
      },
      applyToExisting: isApplied,
    });
  };
  return (
    <Modal title={`Policy ${policy.name}`} onClose={onClose}>
      <ProblemContext value={fieldProblem}>
        <form className="stack" onSubmit={save}>
          <TextField at="name" label="Name of the policy" isRequired value={name} onChange={setName} />
          <TextField
            at="match.namePattern"
            label="Metric name pattern"
            hint="Full name; * matches any text, ? one character. Empty for every name."
            value={pattern}
            onChange={setPattern}
          />
          <TagFilters at="match.tags" drafts={tags} onChange={(changed) => setTags([...changed])} />
          <TickField
            label="Also monitor metrics that are there already"
            value={isApplied}
            onChange={setApplied}
          />
          {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
          <div className="line">
            <button className="main">Save policy</button>
            <button type="button" onClick={onClose}>
              Cancel
            </button>
          </div>
        </form>
      </ProblemContext>
    </Modal>
  );
}
