import { NumberField, TickField } from '../parts/form-field.tsx';
import { describeSeconds } from '../parts/format-time.ts';
import type { DraftPart } from './rule-draft.ts';

/** When an incident is over, and how often messages go. */
export function TimingFields({ draft, onChange }: DraftPart) {
  return (
    <>
      <div className="fields">
        <NumberField
          at="recoverySeconds"
          label="Over after so many calm seconds"
          isWhole
          hint={describeSeconds(draft.recoverySeconds)}
          value={draft.recoverySeconds}
          onChange={(recoverySeconds) => onChange({ recoverySeconds })}
        />
        <NumberField
          at="quietSeconds"
          label="Seconds between two messages about a resource"
          isWhole
          hint={describeSeconds(draft.quietSeconds)}
          value={draft.quietSeconds}
          onChange={(quietSeconds) => onChange({ quietSeconds })}
        />
        <NumberField
          at="staleSeconds"
          label="Nobody is told of points older than (seconds)"
          isWhole
          hint={describeSeconds(draft.staleSeconds)}
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
  return `over after ${describeSeconds(recoverySeconds)} of calm, at most one message a resource in ${describeSeconds(quietSeconds)}, ${end}`;
}
