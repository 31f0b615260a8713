import { Link } from 'wouter';
import { useAsk } from '../api/ask.ts';
import { RulesDocument } from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { Notice } from '../parts/notice.tsx';
import { PageTabs } from '../parts/page-tabs.tsx';
import { INCIDENT_PAGES } from '../parts/pages.ts';
import { RuleCard } from './rule-card.tsx';
import '../style/incidents.css';

/** Which anomalies become incidents, and who is notified. */
export function RulesPage() {
  const answer = useAsk(RulesDocument, {});
  return (
    <div className="stack">
      <div className="line spread">
        <PageTabs label="Incidents" pages={INCIDENT_PAGES} here="/rules" />
        <Link href="/rules/new" className="button main">
          New rule
        </Link>
      </div>
      <Answered answer={answer} what="rules">
        {({ notificationRules: rules }) => (
          <>
            {rules.length === 0 ? (
              <Notice title="No rules yet.">
                Create a rule to choose which anomalies open incidents and who is notified.
              </Notice>
            ) : null}
            <ul className="incidents">
              {rules.map((rule) => (
                <li key={rule.id}>
                  <RuleCard rule={rule} onChanged={answer.askAgain} />
                </li>
              ))}
            </ul>
          </>
        )}
      </Answered>
    </div>
  );
}
