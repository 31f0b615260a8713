import { useState } from 'react';
import { Link } from 'wouter';
import { findProblem, useDo } from '../api/ask.ts';
import { type IncidentRowFragment, LabelAnomalyDocument, type LabelKind } from '../generated/graphql.ts';
import { linkToChart } from '../metric/link-to-chart.ts';
import { describeOutlier, describeRarity, formatExpected, formatValue } from '../parts/format-number.ts';
import { formatSpan } from '../parts/format-time.ts';
import { TimeText } from '../parts/time-text.tsx';
import { GroupText } from './group-text.tsx';
import { type IncidentGroup, nameIncident } from './group-incidents.ts';
import { SilenceChoice } from './silence-choice.tsx';
import { serverClock } from '../api/server-clock.ts';

const STATES = {
  PENDING: ['badge yellow', '◆ pending'],
  FIRING: ['badge red', '▲ firing'],
  RECOVERING: ['badge yellow', '◆ recovering'],
  ENDED: ['badge', 'resolved'],
} as const;

const REASONS = {
  METRIC_DELETED: 'metric deleted',
  RECOVERED: 'recovered',
  RULE_CHANGED: 'rule changed',
  SILENT: 'no data',
  SUPERSEDED: 'a far rarer anomaly began',
  UNMONITORED: 'monitoring stopped',
} as const;

const MUTES = {
  MAINTENANCE: 'not notified: maintenance',
  QUIET_PERIOD: 'not notified: quiet period',
  RATE_ONLY: 'not notified: anomaly rates only',
  SILENCE: 'not notified: silenced',
  STALE: 'not notified: the data was too old',
} as const;

/** One event: what, when, how anomalous, and what can be done about it. */
export function IncidentCard(props: {
  readonly group: IncidentGroup;
  readonly onAcknowledge: () => void;
  readonly onLabelled: () => void;
}) {
  const { group, onAcknowledge, onLabelled } = props;
  const { shown } = group;
  const { state, metric, startedAt, endedAt, peak, expected } = shown;
  const [style, word] = STATES[state];
  const unit = metric?.unit ?? null;
  const written = formatExpected(peak.value, expected, unit);
  const lasted = (endedAt === null ? serverClock.now() : Date.parse(endedAt)) - Date.parse(startedAt);
  const isNew = group.incidents.some(({ acknowledgedAt }) => acknowledgedAt === null);
  return (
    <article className="card incident" aria-label={`${nameIncident(shown)}, ${word}`}>
      <div className="line spread">
        <div className="line">
          <span className={style}>{word}</span>
          <Link href={`/incidents/${encodeURIComponent(shown.id)}`}>
            <strong>{nameIncident(shown)}</strong>
          </Link>
          {shown.group === null ? <span className="quiet">{shown.instance}</span> : null}
        </div>
        <span className="quiet">
          <TimeText time={startedAt} />, {endedAt === null ? 'for' : 'lasted'} {formatSpan(lasted)}
          {shown.endReason === null ? '' : `, ${REASONS[shown.endReason]}`}
        </span>
      </div>
      {shown.group !== null ? (
        <GroupText group={shown.group} />
      ) : shown.kind === 'NO_DATA' ? (
        <p>Stopped reporting; the last value was {formatValue(shown.value, unit)}.</p>
      ) : shown.kind === 'OUTLIER' ? (
        <p>{describeOutlier(shown.value, expected.value, unit)}.</p>
      ) : (
        <p>
          Peak {written.value} (expected {written.range},{' '}
          {describeRarity(peak.anomalyScore, metric?.learning.rows)}).
        </p>
      )}
      <div className="line spread">
        <span className="quiet">{describeRules(group)}</span>
        <span className="line">
          {metric === null ? null : (
            <Link
              className="button"
              href={linkToChart(metric.id, { startedAt, endedAt, at: peak.timestamp })}
            >
              Chart
            </Link>
          )}
          {isNew ? <button onClick={onAcknowledge}>Acknowledge</button> : null}
          {metric === null || shown.group !== null ? null : (
            <SilenceChoice
              metricId={metric.id}
              server={shown.server === shown.metricName ? null : shown.server}
            />
          )}
          {shown.kind === 'ANOMALY' ? <LabelButtons incident={shown} onLabelled={onLabelled} /> : null}
        </span>
      </div>
    </article>
  );
}

/** The rules, and what became of each of its incidents. */
function describeRules({ incidents }: IncidentGroup): string {
  const parts = incidents.map(({ ruleName, mutedBy }) =>
    mutedBy === null ? ruleName : `${ruleName} (${MUTES[mutedBy]})`,
  );
  const taken = incidents.find(({ acknowledgedAt }) => acknowledgedAt !== null);
  const by = taken?.acknowledgedBy == null ? '' : ` by ${taken.acknowledgedBy}`;
  return [
    `${parts.length === 1 ? 'Rule' : 'Rules'}: ${parts.join(', ')}`,
    ...(taken === undefined ? [] : [`acknowledged${by}`]),
  ].join(' · ');
}

/** Whether it was a true or a false positive: the metric's alert threshold follows. */
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
      <span className="segments" role="group" aria-label="Assessment">
        <button aria-pressed={given === 'NORMAL'} onClick={() => void give('NORMAL')}>
          False positive
        </button>
        <button aria-pressed={given === 'REAL'} onClick={() => void give('REAL')}>
          True positive
        </button>
      </span>
      {problem === null ? null : <span role="alert">{problem}</span>}
    </>
  );
}
