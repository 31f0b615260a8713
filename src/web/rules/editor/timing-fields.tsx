import { NumberField, TickField } from '../../parts/form-field.tsx';
import { describeSeconds, formatSpan } from '../../parts/format-time.ts';
import { bindDraft, type DraftPart } from './rule-draft.ts';

/** When an incident is over, and how often messages go. */
export function TimingFields(part: DraftPart) {
  const { draft } = part;
  const bind = bindDraft(part);
  return (
    <>
      <div className="fields">
        <NumberField
          {...bind('recoverySeconds')}
          label="Resolve after (s without anomaly)"
          isWhole
          hint={describeSeconds(draft.recoverySeconds)}
        />
        <NumberField
          {...bind('quietSeconds')}
          label="Quiet period (s)"
          isWhole
          hint={join(describeSeconds(draft.quietSeconds), 'between notifications of one resource')}
        />
        <NumberField
          {...bind('staleSeconds')}
          label="Ignore data older than (s)"
          isWhole
          hint={join(describeSeconds(draft.staleSeconds), 'no notification for older points')}
        />
      </div>
      <TickField {...bind('notifyEnd')} label="Notify when resolved" />
      {draft.notifyNoData ? (
        <NumberField
          {...bind('noDataSeconds')}
          label="Stopped reporting after (s without data)"
          isWhole
          hint={join(describeSeconds(draft.noDataSeconds), 'later for metrics that always have longer gaps')}
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
