import { TagFilters } from '../add/tag-filters.tsx';
import { useAsk } from '../api/ask.ts';
import { RuleAutostacksDocument } from '../generated/graphql.ts';
import { ChoiceField, LongTextField, TextField } from '../parts/form-field.tsx';
import { MetricChooser } from './metric-chooser.tsx';
import type { DraftPart } from './rule-draft.ts';

/** Which metrics a rule looks at. */
export function ScopeFields({ draft, onChange }: DraftPart) {
  const { data } = useAsk(RuleAutostacksDocument, {});
  const stacks = data?.autostacks.nodes ?? [];
  const isListed = draft.autostackId === '' || stacks.some(({ id }) => id === draft.autostackId);
  return (
    <>
      <p className="quiet">
        All that is given has to hold; a rule of which nothing is given looks at every metric.
      </p>
      <div className="fields">
        <TextField
          at="scope.namePattern"
          label="Metrics named"
          hint="The whole name; * stands for anything, ? for one character."
          placeholder="shop.*"
          value={draft.namePattern}
          onChange={(namePattern) => onChange({ namePattern })}
        />
        <LongTextField
          at="scope.servers"
          label="Of the resources, one a line"
          hint="Their names as on the wall, such as shop/web-1."
          rows={2}
          value={draft.servers}
          onChange={(servers) => onChange({ servers })}
        />
        <ChoiceField
          at="scope.autostackId"
          label="Of the autostack"
          choices={[
            ['', 'any, or none'],
            ...stacks.map(({ id, name }) => [id, name] as const),
            ...(isListed ? [] : [[draft.autostackId, 'the one it has'] as const]),
          ]}
          value={draft.autostackId}
          onChange={(autostackId) => onChange({ autostackId })}
        />
      </div>
      <MetricChooser chosen={draft.metricIds} onChoose={(metricIds) => onChange({ metricIds })} />
      <TagFilters at="scope.tags" drafts={draft.tags} onChange={(tags) => onChange({ tags })} />
    </>
  );
}
