import { NumberField, TickField } from '../../parts/form-field.tsx';
import { describeSeconds, formatSpan } from '../../parts/format-time.ts';
import type { DraftPart } from './rule-draft.ts';

/** When an incident is over, and how often messages go. */
export function TimingFields({ draft, onChange }: DraftPart) {
  return (
    <>
      <div className="fields">
        <NumberField
          at="recoverySeconds"
          label="Resolve after (s without anomaly)"
          isWhole
          hint={describeSeconds(draft.recoverySeconds)}
          value={draft.recoverySeconds}
          onChange={(recoverySeconds) => onChange({ recoverySeconds })}
        />
        <NumberField
          at="quietSeconds"
          label="Quiet period (s)"
          isWhole
          hint={join(describeSeconds(draft.quietSeconds), 'between notifications of one resource')}
          value={draft.quietSeconds}
          onChange={(quietSeconds) => onChange({ quietSeconds })}
        />
        <NumberField
          at="staleSeconds"
          label="Ignore data older than (s)"
          isWhole
          hint={join(describeSeconds(draft.staleSeconds), 'no notification for older points')}
          value={draft.staleSeconds}
          onChange={(staleSeconds) => onChange({ staleSeconds })}
        />
      </div>
      <TickField
        label="Notify when resolved"
        value={draft.notifyEnd}
        onChange={(notifyEnd) => onChange({ notifyEnd })}
      />
      {draft.notifyNoData ? (
        <NumberField
          at="noDataSeconds"
          label="Stopped reporting after (s without data)"
          isWhole
          hint={join(describeSeconds(draft.noDataSeconds), 'later for metrics that always have longer gaps')}
          value={draft.noDataSeconds}
          onChange={(noDataSeconds) => onChange({ noDataSeconds })}
        />
      ) : null}
    </>
  );
}

export function describeTiming({ recoverySeconds, quietSeconds, notifyEnd }: DraftPart['draft']): string {
  const end = notifyEnd ? 'yes' : 'no';
  const span = (seconds: string) => formatSpan(Number(seconds) * 1000);
  return `resolve after ${span(recoverySeconds)}, quiet period ${span(quietSeconds)}, notify on resolve: ${end}`;
}

function join(span: string, what: string): string {
  return span === '' ? what : `${span}: ${what}`;
}
