import { useEffect } from 'react';
import { Link } from 'wouter';
import { useAsk } from '../api/ask.ts';
import { useFollow } from '../api/follow.ts';
import { IncidentChangesDocument, IncidentDocument, type IncidentRowFragment } from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { Notice } from '../parts/notice.tsx';
import { TimeText } from '../parts/time-text.tsx';
import { nameIncident } from './group-incidents.ts';
import { IncidentList } from './incident-list.tsx';
import { OfferedAction } from './offered-action.tsx';
import '../style/incidents.css';

/** One incident at an address that stays: what it was, and what became of it when. */
export function IncidentPage({ id }: { readonly id: string }) {
  const answer = useAsk(IncidentDocument, { id });
  useFollow(IncidentChangesDocument, {}, (change) => {
    if (change === null || change.incidents.id === id) answer.askAgain();
  });
  return (
    <Answered answer={answer} what="the incident">
      {({ incident }) =>
        incident === null ? (
          <Notice kind="problem" title="There is no such incident.">
            <Link href="/incidents?show=ALL">All incidents</Link>
          </Notice>
        ) : (
          <IncidentView incident={incident} onChanged={answer.askAgain} />
        )
      }
    </Answered>
  );
}

function IncidentView(props: { readonly incident: IncidentRowFragment; readonly onChanged: () => void }) {
  const { incident, onChanged } = props;
  const name = nameIncident(incident);
  useEffect(() => {
    document.title = `Incident: ${name} · Lapwing`;
  }, [name]);
  return (
    <div className="stack">
      <Link href="/incidents">← Incidents</Link>
      <h1>Incident: {name}</h1>
      <OfferedAction incident={incident} onChanged={onChanged} />
      <IncidentList incidents={[incident]} onChanged={onChanged} />
      <section className="card stack" aria-label="Timeline">
        <h2>Timeline</h2>
        <ol className="timeline">
          {listSteps(incident).map(({ time, text }) => (
            <li key={text}>
              <TimeText time={time} style="second" /> <span>{text}</span>
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}

/** What happened to it, in the order of time. */
function listSteps(
  incident: IncidentRowFragment,
): readonly { readonly time: string; readonly text: string }[] {
  const { startedAt, peak, group, notifiedAt, acknowledgedAt, acknowledgedBy, endedAt } = incident;
  const by = acknowledgedBy === null ? '' : ` by ${acknowledgedBy}`;
  return [
    ...(group === null
      ? [
          { time: startedAt, text: 'First anomalous point' },
          { time: peak.timestamp, text: 'Peak' },
        ]
      : [{ time: startedAt, text: 'So many metrics were anomalous' }]),
    ...(notifiedAt === null ? [] : [{ time: notifiedAt, text: 'Notified' }]),
    ...(acknowledgedAt === null ? [] : [{ time: acknowledgedAt, text: `Acknowledged${by}` }]),
    ...(endedAt === null ? [] : [{ time: endedAt, text: 'Resolved' }]),
  ].toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time));
}
