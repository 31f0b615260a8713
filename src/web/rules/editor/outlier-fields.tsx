import { NumberField, TickField } from '../../parts/form-field.tsx';
import { describeSeconds } from '../../parts/format-time.ts';
import { bindDraft, type DraftPart } from './rule-draft.ts';

/** Metrics unlike the same metric of other resources: whether that is an incident, and how far and for how long. */
export function OutlierFields(part: DraftPart) {
  const { draft } = part;
  const bind = bindDraft(part);
  return (
    <>
      <TickField
        {...bind('notifyOutliers')}
        label="Notify when a metric becomes unlike the same metric of other resources"
      />
      {draft.notifyOutliers ? (
        <div className="fields">
          <NumberField
            {...bind('outlierSeconds')}
            label="Compared over (s)"
            isWhole
            hint={describeSeconds(draft.outlierSeconds)}
          />
          <NumberField {...bind('outlierTolerance')} label="Further than (standard deviations)" />
          <NumberField {...bind('outlierPercent', 'outlierMinShare')} label="Share of the time (%)" />
        </div>
      ) : null}
    </>
  );
}
