import { useMemo } from 'react';
import { LongTextField, TextField } from '../../parts/form-field.tsx';
import { bindDraft, type DraftPart } from './rule-draft.ts';
import { listZones } from '../zones.ts';

/** Message template. */
export function TextFields(part: DraftPart) {
  const bind = bindDraft(part);
  const zones = useMemo(listZones, []);
  return (
    <>
      <div className="fields">
        <TextField
          {...bind('timeZone')}
          label="Time zone of local times"
          hint="Leave empty for that of the metric's region."
          placeholder="Europe/Berlin"
          options={zones}
        />
        <TextField
          {...bind('subject')}
          label="Subject"
          hint="Leave empty for the default."
          placeholder="{metric.name} is anomalous on {instance}"
        />
        <TextField
          {...bind('runbookUrl')}
          label="Runbook"
          hint="Address of what to do, which messages link to."
          placeholder="https://wiki.example.com/runbooks/web"
        />
      </div>
      <LongTextField
        {...bind('body')}
        label="Text"
        hint="Leave empty for the default. Variables stand in braces: {metric.name}, {metric.server}, {instance}, {severity}, {reason}, {value}, {unit}, {expected}, {low}, {high}, {score}, {timestampLocal}, {timestampUTC}, {state}, {rule}, {count} …; {{ and }} are braces."
        rows={5}
      />
    </>
  );
}
