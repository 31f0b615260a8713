import { useState } from 'react';
import { useAsk } from '../api/ask.ts';
import { RulesDocument } from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { Notice } from '../parts/notice.tsx';
import { PageTabs } from '../parts/page-tabs.tsx';
import { INCIDENT_PAGES } from '../parts/pages.ts';
import { RuleCard } from './rule-card.tsx';
import { RuleForm } from './rule-form.tsx';
import '../style/incidents.css';

/** Which anomalies become incidents, and who is told. */
export function RulesPage() {
  const answer = useAsk(RulesDocument, {});
  const [isMaking, setMaking] = useState(false);
  return (
    <div className="stack">
      <div className="line spread">
        <PageTabs label="Incidents" pages={INCIDENT_PAGES} here="/rules" />
        <button className="main" aria-expanded={isMaking} onClick={() => setMaking(!isMaking)}>
          New rule
        </button>
      </div>
      {isMaking ? (
        <RuleForm
          onMade={() => {
            setMaking(false);
            answer.askAgain();
          }}
        />
      ) : null}
      <Answered answer={answer} what="rules">
        {({ notificationRules: rules }) => (
          <>
            {rules.length === 0 ? (
              <Notice title="No rules yet.">
                Everything is scored all the same. A rule says which of it is worth an incident, and whom to
                tell.
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
