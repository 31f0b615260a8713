import { Link } from 'wouter';
import { useAsk } from '../api/ask.ts';
import { useAskedAgain } from '../api/follow.ts';
import { IncidentChangesDocument, type IncidentFilter, IncidentsDocument } from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { Notice } from '../parts/notice.tsx';
import { PageTabs } from '../parts/page-tabs.tsx';
import { INCIDENT_PAGES } from '../parts/pages.ts';
import { Segments } from '../parts/segments.tsx';
import { TurnPage } from '../parts/turn-page.tsx';
import { useListPlace, useUrlChoice } from '../parts/url-state.ts';
import { IncidentList } from './incident-list.tsx';
import '../style/incidents.css';

const SHOWN = ['OPEN', 'NEW', 'ALL'] as const;
const FILTERS: Readonly<Record<(typeof SHOWN)[number], IncidentFilter>> = {
  OPEN: { states: ['PENDING', 'FIRING', 'RECOVERING'] },
  NEW: { acknowledged: false },
  ALL: {},
};

/** The incidents rules opened, and who has acknowledged them. */
export function IncidentsPage() {
  const [shown, setShown] = useUrlChoice('show', SHOWN);
  const [after, setAfter] = useListPlace();
  const answer = useAsk(IncidentsDocument, { filter: FILTERS[shown], after });
  useAskedAgain(IncidentChangesDocument, {}, answer.askAgain);
  return (
    <div className="stack">
      <div className="line spread">
        <PageTabs label="Incidents" pages={INCIDENT_PAGES} here="/incidents" />
        <Link href="/rules/new" className="button">
          New rule
        </Link>
      </div>
      <Segments
        label="Which incidents"
        choices={[
          ['OPEN', 'Open'],
          ['NEW', 'Not acknowledged'],
          ['ALL', 'All'],
        ]}
        value={shown}
        onChoose={setShown}
      />
      <Answered answer={answer} what="incidents">
        {({ incidents: { nodes, pageInfo } }) => (
          <>
            {nodes.length === 0 ? <NoIncidents isFiltered={shown !== 'ALL'} /> : null}
            <IncidentList incidents={nodes} onChanged={answer.askAgain} />
            <TurnPage after={after} pageInfo={pageInfo} onTurn={setAfter} />
          </>
        )}
      </Answered>
    </div>
  );
}

function NoIncidents({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <Notice title={isFiltered ? 'No open incidents.' : 'No incidents yet.'}>
      <p>
        Alert rules open incidents when metrics behave anomalously and notify your channels.{' '}
        <Link href="/rules">Manage alert rules</Link>
      </p>
    </Notice>
  );
}
