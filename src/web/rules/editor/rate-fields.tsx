import type { AnomalyRateGroup } from '../../generated/graphql.ts';
import { ChoiceField, NumberField, TickField } from '../../parts/form-field.tsx';
import { describeSeconds } from '../../parts/format-time.ts';
import type { DraftPart } from './rule-draft.ts';

const GROUPS = [
  ['RESOURCE', 'each resource or autostack'],
  ['SCOPE', 'all metrics of the rule together'],
] as const satisfies readonly (readonly [AnomalyRateGroup, string])[];

/** Many metrics that are anomalous at once: whether that is an incident, and how many of what they have to be. */
export function RateFields({ draft, onChange }: DraftPart) {
  return (
    <>
      <TickField
        label="Notify when many metrics are anomalous at once"
        value={draft.notifyAnomalyRate}
        onChange={(notifyAnomalyRate) =>
          // Messages about single metrics are those of every other rule again.
          onChange({ notifyAnomalyRate, notifyAnomalies: notifyAnomalyRate ? draft.notifyAnomalies : true })
        }
      />
      {draft.notifyAnomalyRate ? (
        <>
          <div className="fields">
            <ChoiceField
              at="anomalyRateGroup"
              label="Share of the metrics of"
              choices={GROUPS}
              value={draft.anomalyRateGroup}
              onChange={(anomalyRateGroup) => onChange({ anomalyRateGroup })}
            />
            <NumberField
              at="anomalyRatePercent"
              label="Anomalous metrics (%)"
              value={draft.anomalyRatePercent}
              onChange={(anomalyRatePercent) => onChange({ anomalyRatePercent })}
            />
            <NumberField
              at="anomalyRateMinMetrics"
              label="Anomalous metrics (at least)"
              isWhole
              value={draft.anomalyRateMinMetrics}
              onChange={(anomalyRateMinMetrics) => onChange({ anomalyRateMinMetrics })}
            />
            <NumberField
              at="anomalyRateSeconds"
              label="For (s)"
              isWhole
              hint={describeSeconds(draft.anomalyRateSeconds)}
              value={draft.anomalyRateSeconds}
              onChange={(anomalyRateSeconds) => onChange({ anomalyRateSeconds })}
            />
          </div>
          <TickField
            label="Notify of single metrics, too"
            value={draft.notifyAnomalies}
            onChange={(notifyAnomalies) => onChange({ notifyAnomalies })}
          />
        </>
      ) : null}
    </>
  );
}
