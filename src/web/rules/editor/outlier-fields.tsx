import { NumberField, TickField } from '../../parts/form-field.tsx';
import { describeSeconds } from '../../parts/format-time.ts';
import type { DraftPart } from './rule-draft.ts';

/** Metrics unlike the same metric of other resources: whether that is an incident, and how far and for how long. */
export function OutlierFields({ draft, onChange }: DraftPart) {
  return (
    <>
      <TickField
        label="Notify when a metric becomes unlike the same metric of other resources"
        value={draft.notifyOutliers}
        onChange={(notifyOutliers) => onChange({ notifyOutliers })}
      />
      {draft.notifyOutliers ? (
        <div className="fields">
          <NumberField
            at="outlierSeconds"
            label="Compared over (s)"
            isWhole
            hint={describeSeconds(draft.outlierSeconds)}
            value={draft.outlierSeconds}
            onChange={(outlierSeconds) => onChange({ outlierSeconds })}
          />
          <NumberField
            at="outlierTolerance"
            label="Further than (standard deviations)"
            value={draft.outlierTolerance}
            onChange={(outlierTolerance) => onChange({ outlierTolerance })}
          />
          <NumberField
            at="outlierMinShare"
            label="Share of the time (%)"
            value={draft.outlierPercent}
            onChange={(outlierPercent) => onChange({ outlierPercent })}
          />
        </div>
      ) : null}
    </>
  );
}
