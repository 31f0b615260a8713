import { useState } from 'react';
import { findProblem, useAsk, useDo } from '../api/ask.ts';
import {
  DeletePolicyDocument,
  PoliciesDocument,
  type PolicyRowFragment,
  UpdatePolicyDocument,
} from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { Modal } from '../parts/modal.tsx';
import { Notice } from '../parts/notice.tsx';
import { PolicyForm } from './policy-form.tsx';

/** Monitoring policies: which metrics that come are monitored by themselves. */
export function PolicyList() {
  const answer = useAsk(PoliciesDocument, {});
  return (
    <section className="stack" aria-label="Monitoring policies">
      <h2>Monitoring policies</h2>
      <p className="quiet">New metrics that match one are monitored from their first point.</p>
      <Answered answer={answer} what="the policies">
        {({ monitoringPolicies: { nodes } }) =>
          nodes.length === 0 ? (
            <p>None yet. “Monitor all” above makes one.</p>
          ) : (
            <ul className="unmonitored">
              {nodes.map((policy) => (
                <li key={policy.id}>
                  <PolicyCard policy={policy} onChanged={answer.askAgain} />
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </section>
  );
}

function PolicyCard(props: { readonly policy: PolicyRowFragment; readonly onChanged: () => void }) {
  const { policy, onChanged } = props;
  const { id, name, enabled } = policy;
  const update = useDo(UpdatePolicyDocument);
  const remove = useDo(DeletePolicyDocument);
  const [shown, setShown] = useState<'edit' | 'delete' | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const finish = async (done: Promise<Parameters<typeof findProblem>[0]>) => {
    const found = findProblem(await done);
    setProblem(found);
    if (found !== null) return;
    setShown(null);
    onChanged();
  };
  return (
    <article className="card line spread" aria-label={`Policy ${name}`}>
      <span>
        <strong>{name}</strong> {enabled ? null : <span className="badge">off</span>}
        <span className="quiet"> {describeMatch(policy)}</span>
      </span>
      <span className="line">
        <button onClick={() => setShown('edit')}>Edit</button>
        <button onClick={() => void finish(update({ input: { id, enabled: !enabled } }))}>
          {enabled ? 'Switch off' : 'Switch on'}
        </button>
        <button className="danger" onClick={() => setShown('delete')}>
          Delete
        </button>
      </span>
      {shown === null && problem !== null ? <Notice kind="problem">{problem}</Notice> : null}
      {shown === 'edit' ? (
        <PolicyForm
          policy={policy}
          problem={problem}
          onSave={(change) => void finish(update({ input: { id, ...change } }))}
          onClose={() => setShown(null)}
        />
      ) : null}
      {shown === 'delete' ? (
        <Modal title={`Delete the policy ${name}?`} onClose={() => setShown(null)}>
          <p>The metrics it began stay monitored; new ones are not monitored by it any more.</p>
          {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
          <div className="line">
            <button className="main danger" onClick={() => void finish(remove({ input: { id } }))}>
              Delete
            </button>
            <button onClick={() => setShown(null)}>Cancel</button>
          </div>
        </Modal>
      ) : null}
    </article>
  );
}

const SOURCES = { CUSTOM: 'pushed metrics', CLOUDWATCH: 'default metrics of CloudWatch' } as const;

function describeMatch({ match: { namePattern, sources, tags } }: PolicyRowFragment): string {
  const what = sources.map((source) =>
    source === 'CUSTOM' || source === 'CLOUDWATCH' ? SOURCES[source] : source.toLowerCase(),
  );
  const conditions = [
    namePattern === null ? null : `named ${namePattern}`,
    tags.length === 0
      ? null
      : `with ${tags.map(({ key, values }) => `${key}=${values.join('|')}`).join(', ')}`,
  ].filter((condition) => condition !== null);
  return [what.join(' and '), ...conditions].join(', ');
}
