import type { AnomalyRateGroup } from '../../generated/graphql.ts';
import { ChoiceField, NumberField, TickField } from '../../parts/form-field.tsx';
import { describeSeconds } from '../../parts/format-time.ts';
import { bindDraft, type DraftPart } from './rule-draft.ts';

const GROUPS = [
  ['RESOURCE', 'each resource or autostack'],
  ['SCOPE', 'all metrics of the rule together'],
] as const satisfies readonly (readonly [AnomalyRateGroup, string])[];

/** Many metrics that are anomalous at once: whether that is an incident, and how many of what they have to be. */
export function RateFields(part: DraftPart) {
  const { draft, onChange } = part;
  const bind = bindDraft(part);
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
            <ChoiceField {...bind('anomalyRateGroup')} label="Share of the metrics of" choices={GROUPS} />
            <NumberField {...bind('anomalyRatePercent')} label="Anomalous metrics (%)" />
            <NumberField {...bind('anomalyRateMinMetrics')} label="Anomalous metrics (at least)" isWhole />
            <NumberField
              {...bind('anomalyRateSeconds')}
              label="For (s)"
              isWhole
              hint={describeSeconds(draft.anomalyRateSeconds)}
            />
          </div>
          <TickField {...bind('notifyAnomalies')} label="Notify of single metrics, too" />
        </>
      ) : null}
    </>
  );
}
