import { useState } from 'react';
import { findProblem, useDo } from '../api/ask.ts';
import { AcknowledgeDocument, type IncidentRowFragment } from '../generated/graphql.ts';
import { Modal } from '../parts/modal.tsx';
import { Notice } from '../parts/notice.tsx';
import { groupIncidents } from './group-incidents.ts';
import { IncidentCard } from './incident-card.tsx';

/** Incidents with what can be done about them; those of one event are one entry. */
export function IncidentList(props: {
  /** Newest first. */
  readonly incidents: readonly IncidentRowFragment[];
  readonly onChanged: () => void;
}) {
  const { incidents, onChanged } = props;
  const acknowledge = useDo(AcknowledgeDocument);
  const [problem, setProblem] = useState<string | null>(null);
  const [isAsked, setAsked] = useState(false);
  const groups = groupIncidents(incidents);
  const isNew = ({ acknowledgedAt }: IncidentRowFragment) => acknowledgedAt === null;
  const newGroups = groups.filter((group) => group.incidents.some(isNew)).length;
  const takeOn = async (some: readonly IncidentRowFragment[]) => {
    setAsked(false);
    setProblem(findProblem(await acknowledge({ input: { ids: some.filter(isNew).map(({ id }) => id) } })));
    onChanged();
  };
  return (
    <>
      {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
      {newGroups > 1 ? (
        <div className="line">
          <button onClick={() => setAsked(true)}>Acknowledge all {newGroups}</button>
        </div>
      ) : null}
      <ul className="incidents">
        {groups.map((group) => (
          <li key={group.shown.id}>
            <IncidentCard
              group={group}
              onAcknowledge={() => void takeOn(group.incidents)}
              onLabelled={onChanged}
            />
          </li>
        ))}
      </ul>
      {isAsked ? (
        <Modal title={`Acknowledge ${newGroups} incidents?`} onClose={() => setAsked(false)}>
          <p>They count as taken on by you. This cannot be undone.</p>
          <div className="line">
            <button className="main" onClick={() => void takeOn(incidents)}>
              Acknowledge {newGroups}
            </button>
            <button onClick={() => setAsked(false)}>Cancel</button>
          </div>
        </Modal>
      ) : null}
    </>
  );
}
