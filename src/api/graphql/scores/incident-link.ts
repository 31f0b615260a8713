/** How a sample is tied to incidents: the one it belongs to, or why a red one belongs to none. */
import { matters } from '../../../core/models/score-history.ts';
import type { AnomalySpan } from '../../../core/samples/read-anomaly-span.ts';
import { isScored, type StoredSample } from '../../../core/samples/stored-sample.ts';
import { roundScore } from '../../../core/samples/round-judgement.ts';
import { JUST_BELOW_RED, RED_SCORE } from '../../../detector/likelihood.ts';
import { ANOMALY_PHASES } from '../../../model.ts';
import { builder } from '../builder/builder.ts';
import { timeOf } from '../builder/field-options.ts';
import type { Loaders } from '../builder/loaders.ts';
import { IncidentRef } from '../incidents/incident.ts';
import { MetricDataRef } from './metric-data.ts';

const AnomalyPhaseRef = builder.enumType('AnomalyPhase', {
  description: 'What a sample is to the incidents of its metric.',
  values: {
    OPENS: { description: 'Red, and the first of its kind: rules open incidents here.' },
    CONTINUES: { description: 'Red, or still far from normal, while an incident lasts.' },
    RECOVERS: { description: 'Near normal again, but not yet for the recovery time.' },
    QUIET_PERIOD: { description: 'Red, soon after an anomaly that was at least as rare.' },
    LEARNING: { description: 'As rare as red, while the model is learning.' },
    EXCLUDED: { description: 'Of an excluded time: the model has learned nothing from it.' },
  } satisfies Record<(typeof ANOMALY_PHASES)[number], { description: string }>,
});

const NO_INCIDENT_REASONS = {
  LEARNING: { description: 'The model is learning: its scores are provisional.' },
  EXCLUDED: { description: 'It is of a time that the model of the metric excludes.' },
  QUIET_PERIOD: { description: 'An anomaly that was at least as rare came shortly before.' },
  CONTINUES: {
    description: 'It continues an anomaly for which no incident was opened, or whose incident is over.',
  },
  POLICY: { description: "The metric's alert policy does not ask for deviations of this size or direction." },
  NO_RULE: {
    description: 'No notification rule covers the metric, or none asks for what this sample shows.',
  },
} as const;
type NoIncidentReason = keyof typeof NO_INCIDENT_REASONS;

const NoIncidentReasonRef = builder.enumType('NoIncidentReason', {
  description: 'Why a red sample belongs to no incident.',
  values: NO_INCIDENT_REASONS,
});

const AnomalySpanRef = builder.objectRef<AnomalySpan>('AnomalySpan').implement({
  description: 'From when until when a metric was anomalous.',
  fields: (t) => ({
    from: t.field(timeOf('fromMs', 'Time of the sample it opened with.')),
    to: t.field(timeOf('toMs', 'Time of the last anomalous sample so far.')),
    lasts: t.exposeBoolean('lasts', { description: 'Whether no sample has been normal since.' }),
  }),
});

builder.objectFields(MetricDataRef, (t) => ({
  phase: t.expose('phase', {
    type: AnomalyPhaseRef,
    nullable: true,
    description: 'What the sample is to incidents; null where the metric is normal, and for old scores.',
  }),
  anomalous: t.boolean({
    description:
      'Whether the metric is anomalous: from the sample that opens an incident until it has recovered.',
    resolve: isAnomalous,
  }),
  anomaly: t.field({
    type: AnomalySpanRef,
    nullable: true,
    description:
      'The anomaly it is a part of, from its begin to its end; null where the metric is normal, and for old scores.',
    resolve: (sample, _args, { loaders }) => (isAnomalous(sample) ? loaders.anomalySpan.load(sample) : null),
  }),
  incidents: t.field({
    type: [IncidentRef],
    description:
      'The incidents it belongs to, one per notification rule: it lies between their begin and end.',
    resolve: (sample, _args, { loaders }) => loadIncidents(sample, loaders),
  }),
  noIncidentReason: t.field({
    type: NoIncidentReasonRef,
    nullable: true,
    description:
      'Why it belongs to no incident though it is red, or would be red but for learning or an excluded time; else null.',
    resolve: (sample, _args, { loaders }) => findNoIncidentReason(sample, loaders),
  }),
}));

function isAnomalous({ phase }: StoredSample): boolean {
  return phase === 'OPENS' || phase === 'CONTINUES' || phase === 'RECOVERS';
}

function loadIncidents({ metricNumber, timestampMs }: StoredSample, loaders: Loaders) {
  return loaders.incidentsAt.load({ metricNumber, timestampMs });
}

/** What an excluded time keeps below red, as it is stored; rows of a version before are not rounded. */
const LEAST_HELD_BACK = Math.min(JUST_BELOW_RED, roundScore(JUST_BELOW_RED));

async function findNoIncidentReason(
  sample: StoredSample,
  loaders: Loaders,
): Promise<NoIncidentReason | null> {
  const { phase } = sample;
  if (phase === 'LEARNING') return phase;
  if (phase === 'EXCLUDED') return (sample.score ?? 0) >= LEAST_HELD_BACK ? phase : null;
  if (!isScored(sample) || sample.score < RED_SCORE) return null;
  if ((await loadIncidents(sample, loaders)).length > 0) return null;
  if (sample.provisional) return 'LEARNING';
  if (phase === 'QUIET_PERIOD') return phase;
  const metric = await loaders.metric.load(sample.metricNumber);
  if (metric !== null && !matters(sample, sample.value, metric)) return 'POLICY';
  return phase === 'CONTINUES' ? phase : 'NO_RULE';
}
