import { useState } from 'react';
import { Link } from 'wouter';
import { findProblem, useDo } from '../api/ask.ts';
import { type IncidentRowFragment, LabelAnomalyDocument, type LabelKind } from '../generated/graphql.ts';
import { describeRarity, formatValue } from '../parts/format-number.ts';
import { formatSpan } from '../parts/format-time.ts';
import { TimeText } from '../parts/time-text.tsx';

const STATES = {
  PENDING: ['badge yellow', '◆ pending'],
  FIRING: ['badge red', '▲ firing'],
  RECOVERING: ['badge yellow', '◆ recovering'],
  ENDED: ['badge', 'ended'],
} as const;

const REASONS = {
  METRIC_DELETED: 'its metric was deleted',
  RECOVERED: 'calm again',
  RULE_CHANGED: 'its rule changed',
  SILENT: 'no more points came',
  SUPERSEDED: 'a far rarer anomaly began',
  UNMONITORED: 'its metric is no longer watched',
} as const;

const MUTES = {
  MAINTENANCE: 'nobody told: maintenance',
  QUIET_PERIOD: 'nobody told: told shortly before',
  STALE: 'nobody told: it was history already',
} as const;

/** How much of what lies around an incident its chart shows. */
const AROUND = 3;
const LEAST_AROUND_MS = 3_600_000;

/** One incident: what, when, how unusual, and what can be done about it. */
export function IncidentCard(props: {
  readonly incident: IncidentRowFragment;
  readonly onAcknowledge: () => void;
  readonly onLabelled: () => void;
}) {
  const { incident, onAcknowledge, onLabelled } = props;
  const { state, metric, startedAt, endedAt, peak, expected } = incident;
  const [style, word] = STATES[state];
  const unit = metric?.unit ?? null;
  const lasted = Date.parse(endedAt ?? new Date().toISOString()) - Date.parse(startedAt);
  return (
    <article className="card incident" aria-label={`${incident.metricName}, ${word}`}>
      <div className="line spread">
        <div className="line">
          <span className={style}>{word}</span>
          {metric === null ? (
            <strong>{incident.metricName}</strong>
          ) : (
            <Link href={linkTo(metric.id, startedAt, endedAt)}>
              <strong>{incident.metricName}</strong>
            </Link>
          )}
          <span className="quiet">{incident.instance}</span>
        </div>
        <span className="quiet">
          <TimeText time={startedAt} />, {endedAt === null ? 'for' : 'lasted'} {formatSpan(lasted)}
          {incident.endReason === null ? '' : `, ${REASONS[incident.endReason]}`}
        </span>
      </div>
      <p>
        {formatValue(peak.value, unit)} at its worst, {formatValue(expected.low)} to{' '}
        {formatValue(expected.high, unit)} was expected: {describeRarity(peak.anomalyScore)}.
      </p>
      <div className="line spread">
        <span className="quiet">
          Rule: {incident.ruleName}
          {incident.mutedBy === null ? '' : ` · ${MUTES[incident.mutedBy]}`}
          {incident.acknowledgedAt === null
            ? ''
            : ` · acknowledged${incident.acknowledgedBy === null ? '' : ` by ${incident.acknowledgedBy}`}`}
        </span>
        <span className="line">
          {incident.acknowledgedAt === null ? <button onClick={onAcknowledge}>Acknowledge</button> : null}
          <LabelButtons incident={incident} onLabelled={onLabelled} />
        </span>
      </div>
    </article>
  );
}

/** Whether it was worth telling of: the model's zeal follows. */
function LabelButtons(props: { readonly incident: IncidentRowFragment; readonly onLabelled: () => void }) {
  const { incident, onLabelled } = props;
  const { metric, startedAt, endedAt, peak } = incident;
  const label = useDo(LabelAnomalyDocument);
  const [problem, setProblem] = useState<string | null>(null);
  if (metric === null) return null;
  const given = metric.labels.find(({ from }) => from === startedAt)?.label ?? null;
  const give = async (kind: LabelKind) => {
    const input = { metricId: metric.id, from: startedAt, to: endedAt ?? peak.timestamp, label: kind };
    const found = findProblem(await label({ input }));
    setProblem(found);
    if (found === null) onLabelled();
  };
  return (
    <>
      <span className="segments" role="group" aria-label="What it was">
        <button aria-pressed={given === 'NORMAL'} onClick={() => void give('NORMAL')}>
          It was normal
        </button>
        <button aria-pressed={given === 'REAL'} onClick={() => void give('REAL')}>
          It was real
        </button>
      </span>
      {problem === null ? null : <span role="alert">{problem}</span>}
    </>
  );
}

function linkTo(id: string, startedAt: string, endedAt: string | null): string {
  const start = Date.parse(startedAt);
  const end = endedAt === null ? Date.now() : Date.parse(endedAt);
  const around = Math.max(LEAST_AROUND_MS, (end - start) * AROUND);
  const to = new Date(Math.min(Date.now(), end + around)).toISOString();
  return `/metric/${encodeURIComponent(id)}?from=${new Date(start - around).toISOString()}&to=${to}`;
}
