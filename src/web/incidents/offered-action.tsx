import { useState } from 'react';
import { findProblem, useDo } from '../api/ask.ts';
import { AcknowledgeDocument, type IncidentRowFragment } from '../generated/graphql.ts';
import { Notice } from '../parts/notice.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { useSilence } from './use-silence.ts';

const SPANS = [
  [3600, '1 hour'],
  [4 * 3600, '4 hours'],
  [24 * 3600, '1 day'],
] as const;

/** What a link of a message asked for, to be done by a press: opening an address changes nothing. */
export function OfferedAction(props: {
  readonly incident: IncidentRowFragment;
  readonly onChanged: () => void;
}) {
  const { incident, onChanged } = props;
  const [offer, setOffer] = useUrlState('offer');
  if (offer === 'acknowledge') {
    return <OfferAcknowledge incident={incident} onChanged={onChanged} onDone={() => setOffer('')} />;
  }
  return offer === 'silence' ? <OfferSilence incident={incident} onDone={() => setOffer('')} /> : null;
}

function OfferAcknowledge(props: Parameters<typeof OfferedAction>[0] & { readonly onDone: () => void }) {
  const { incident, onChanged, onDone } = props;
  const acknowledge = useDo(AcknowledgeDocument);
  const [problem, setProblem] = useState<string | null>(null);
  if (incident.acknowledgedAt !== null) return <Notice kind="done" title="This incident is acknowledged." />;
  const act = async () => {
    const found = findProblem(await acknowledge({ input: { ids: [incident.id] } }));
    setProblem(found);
    if (found !== null) return;
    onChanged();
    onDone();
  };
  return (
    <Notice title="Acknowledge this incident?">
      <p>The others see that somebody works on it.</p>
      <div className="line">
        <button className="main" autoFocus onClick={() => void act()}>
          Acknowledge this incident
        </button>
        <button onClick={onDone}>Not now</button>
      </div>
      {problem === null ? null : <p role="alert">{problem}</p>}
    </Notice>
  );
}

function OfferSilence(props: { readonly incident: IncidentRowFragment; readonly onDone: () => void }) {
  const { incident, onDone } = props;
  const { said, silence } = useSilence();
  const { metric, metricName, group, server } = incident;
  if (metric === null) return <Notice title="The metric was deleted: there is nothing to silence." />;
  // Of many metrics at once, the resource of the worst: of one metric alone there would be messages all the same.
  const [name, about] = group === null ? [metricName, { metricId: metric.id }] : [server, { server }];
  return (
    <Notice title={`Silence ${name}?`}>
      <p>Nobody is notified of it meanwhile; scores and incidents go on.</p>
      <div className="line">
        {SPANS.map(([seconds, span]) => (
          <button key={seconds} onClick={() => void silence(about, seconds, span)}>
            For {span}
          </button>
        ))}
        <button onClick={onDone}>Not now</button>
      </div>
      <p role="status">{said}</p>
    </Notice>
  );
}
