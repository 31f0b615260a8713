import { NumberField, TickField } from '../parts/form-field.tsx';
import { describeSeconds, formatSpan } from '../parts/format-time.ts';
import type { DraftPart } from './rule-draft.ts';

/** When an incident is over, and how often messages go. */
export function TimingFields({ draft, onChange }: DraftPart) {
  return (
    <>
      <div className="fields">
        <NumberField
          at="recoverySeconds"
          label="Over after seconds of calm"
          isWhole
          hint={describeSeconds(draft.recoverySeconds)}
          value={draft.recoverySeconds}
          onChange={(recoverySeconds) => onChange({ recoverySeconds })}
        />
        <NumberField
          at="quietSeconds"
          label="Seconds between messages"
          isWhole
          hint={join(describeSeconds(draft.quietSeconds), 'from one to the next about a resource')}
          value={draft.quietSeconds}
          onChange={(quietSeconds) => onChange({ quietSeconds })}
        />
        <NumberField
          at="staleSeconds"
          label="Stale after seconds"
          isWhole
          hint={join(describeSeconds(draft.staleSeconds), 'nobody is told of older points')}
          value={draft.staleSeconds}
          onChange={(staleSeconds) => onChange({ staleSeconds })}
        />
      </div>
      <TickField
        label="A message at the end, too"
        value={draft.notifyEnd}
        onChange={(notifyEnd) => onChange({ notifyEnd })}
      />
    </>
  );
}

export function describeTiming({ recoverySeconds, quietSeconds, notifyEnd }: DraftPart['draft']): string {
  const end = notifyEnd ? 'told at the end, too' : 'not told at the end';
  const span = (seconds: string) => formatSpan(Number(seconds) * 1000);
  return `over after ${span(recoverySeconds)} of calm, at most one message a resource in ${span(quietSeconds)}, ${end}`;
}

function join(span: string, what: string): string {
  return span === '' ? what : `${span}: ${what}`;
}
