import { useMemo } from 'react';
import { LongTextField, TextField } from '../../parts/form-field.tsx';
import type { DraftPart } from './rule-draft.ts';
import { listZones } from '../zones.ts';

/** Message template. */
export function TextFields({ draft, onChange }: DraftPart) {
  const zones = useMemo(listZones, []);
  return (
    <>
      <div className="fields">
        <TextField
          at="timeZone"
          label="Time zone of local times"
          hint="Leave empty for that of the metric's region."
          placeholder="Europe/Berlin"
          options={zones}
          value={draft.timeZone}
          onChange={(timeZone) => onChange({ timeZone })}
        />
        <TextField
          at="subject"
          label="Subject"
          hint="Leave empty for the default."
          placeholder="{metric.name} is anomalous on {instance}"
          value={draft.subject}
          onChange={(subject) => onChange({ subject })}
        />
        <TextField
          at="runbookUrl"
          label="Runbook"
          hint="Address of what to do, which messages link to."
          placeholder="https://wiki.example.com/runbooks/web"
          value={draft.runbookUrl}
          onChange={(runbookUrl) => onChange({ runbookUrl })}
        />
      </div>
      <LongTextField
        at="body"
        label="Text"
        hint="Leave empty for the default. Variables stand in braces: {metric.name}, {metric.server}, {instance}, {severity}, {reason}, {value}, {unit}, {expected}, {low}, {high}, {score}, {timestampLocal}, {timestampUTC}, {state}, {rule}, {count} …; {{ and }} are braces."
        rows={5}
        value={draft.body}
        onChange={(body) => onChange({ body })}
      />
    </>
  );
}
