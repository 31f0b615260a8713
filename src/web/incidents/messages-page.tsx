import { Link } from 'wouter';
import { useAsk } from '../api/ask.ts';
import { useAskedAgain } from '../api/follow.ts';
import { MessageChangesDocument, MessagesDocument, type NotificationFilter } from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { Notice } from '../parts/notice.tsx';
import { PageTabs } from '../parts/page-tabs.tsx';
import { INCIDENT_PAGES } from '../parts/pages.ts';
import { Segments } from '../parts/segments.tsx';
import { TurnPage } from '../parts/turn-page.tsx';
import { useListPlace, useUrlChoice } from '../parts/url-state.ts';
import { MessageCard } from './message-card.tsx';
import '../style/incidents.css';

const SHOWN = ['ALL', 'FAILED', 'WAITING'] as const;
const FILTERS: Readonly<Record<(typeof SHOWN)[number], NotificationFilter>> = {
  ALL: {},
  FAILED: { states: ['FAILED'] },
  WAITING: { states: ['WAITING'] },
};

/** Notifications of all rules, and what could not be delivered. */
export function MessagesPage() {
  const [shown, setShown] = useUrlChoice('show', SHOWN);
  const [after, setAfter] = useListPlace();
  const answer = useAsk(MessagesDocument, { filter: FILTERS[shown], after });
  useAskedAgain(MessageChangesDocument, {}, answer.askAgain);
  return (
    <div className="stack">
      <PageTabs label="Incidents" pages={INCIDENT_PAGES} here="/messages" />
      <Segments
        label="Which messages"
        choices={[
          ['ALL', 'All'],
          ['FAILED', 'Failed'],
          ['WAITING', 'Pending'],
        ]}
        value={shown}
        onChoose={setShown}
      />
      <Answered answer={answer} what="messages">
        {({ notifications: { nodes, pageInfo } }) => (
          <>
            {nodes.length === 0 ? <NoMessages isFiltered={shown !== 'ALL'} /> : null}
            <ul className="incidents">
              {nodes.map((message) => (
                <li key={message.id}>
                  <MessageCard message={message} />
                </li>
              ))}
            </ul>
            <TurnPage after={after} pageInfo={pageInfo} onTurn={setAfter} />
          </>
        )}
      </Answered>
    </div>
  );
}

function NoMessages({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <Notice title={isFiltered ? 'No matching messages.' : 'No messages yet.'}>
      <p>
        Notifications are sent when an incident opens and when it is resolved.{' '}
        <Link href="/rules">See the rules</Link>
      </p>
    </Notice>
  );
}
