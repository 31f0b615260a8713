import { useState } from 'react';
import { Link } from 'wouter';
import { findProblem, useAsk, useDo } from '../api/ask.ts';
import { useFollow } from '../api/follow.ts';
import {
  AcknowledgeDocument,
  IncidentChangesDocument,
  type IncidentFilter,
  IncidentsDocument,
} from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { Notice } from '../parts/notice.tsx';
import { PageTabs } from '../parts/page-tabs.tsx';
import { INCIDENT_PAGES } from '../parts/pages.ts';
import { Segments } from '../parts/segments.tsx';
import { TurnPage } from '../parts/turn-page.tsx';
import { useUrlChoice } from '../parts/url-state.ts';
import { IncidentCard } from './incident-card.tsx';
import '../style/incidents.css';

const SHOWN = ['OPEN', 'NEW', 'ALL'] as const;
const FILTERS: Readonly<Record<(typeof SHOWN)[number], IncidentFilter>> = {
  OPEN: { states: ['PENDING', 'FIRING', 'RECOVERING'] },
  NEW: { acknowledged: false },
  ALL: {},
};

/** What rules found unusual, and who has taken it on. */
export function IncidentsPage() {
  const [shown, setShown] = useUrlChoice('show', SHOWN);
  const [after, setAfter] = useState<string | null>(null);
  const answer = useAsk(IncidentsDocument, { filter: FILTERS[shown], after });
  useFollow(IncidentChangesDocument, {}, answer.askAgain);
  const acknowledge = useDo(AcknowledgeDocument);
  const [problem, setProblem] = useState<string | null>(null);
  const takeOn = async (ids: readonly string[]) => {
    setProblem(findProblem(await acknowledge({ input: { ids: [...ids] } })));
    answer.askAgain();
  };
  return (
    <div className="stack">
      <PageTabs label="Incidents" pages={INCIDENT_PAGES} here="/incidents" />
      <Segments
        label="Which incidents"
        choices={[
          ['OPEN', 'Open'],
          ['NEW', 'Not acknowledged'],
          ['ALL', 'All'],
        ]}
        value={shown}
        onChoose={(choice) => {
          setAfter(null);
          setShown(choice);
        }}
      />
      {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
      <Answered answer={answer} what="incidents">
        {({ incidents: { nodes, pageInfo } }) => {
          const open = nodes.filter(({ acknowledgedAt }) => acknowledgedAt === null).map(({ id }) => id);
          return (
            <>
              {nodes.length === 0 ? <NoIncidents isFiltered={shown !== 'ALL'} /> : null}
              {open.length > 1 ? (
                <div className="line">
                  <button onClick={() => void takeOn(open)}>Acknowledge all {open.length}</button>
                </div>
              ) : null}
              <ul className="incidents">
                {nodes.map((incident) => (
                  <li key={incident.id}>
                    <IncidentCard
                      incident={incident}
                      onAcknowledge={() => void takeOn([incident.id])}
                      onLabelled={answer.askAgain}
                    />
                  </li>
                ))}
              </ul>
              <TurnPage after={after} pageInfo={pageInfo} onTurn={setAfter} />
            </>
          );
        }}
      </Answered>
    </div>
  );
}

function NoIncidents({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <Notice title={isFiltered ? 'No such incidents.' : 'No incidents yet.'}>
      <p>
        A rule makes incidents of what is unusual, and tells of them. <Link href="/rules">See the rules</Link>
      </p>
    </Notice>
  );
}
