import { TagFilters } from '../../add/tag-filters.tsx';
import { useAsk } from '../../api/ask.ts';
import { RuleAutostacksDocument } from '../../generated/graphql.ts';
import { ChoiceField, LongTextField, TextField } from '../../parts/form-field.tsx';
import { MetricChooser } from './metric-chooser.tsx';
import { bindDraft, type DraftPart } from './rule-draft.ts';

/** Which metrics a rule looks at. @param props.without what is asked for elsewhere in the form */
export function ScopeFields(props: DraftPart & { readonly without: 'servers' | 'tags' | null }) {
  const { draft, onChange, without } = props;
  const bind = bindDraft(props);
  const { data } = useAsk(RuleAutostacksDocument, {});
  const stacks = data?.autostacks.nodes ?? [];
  const isListed = draft.autostackId === '' || stacks.some(({ id }) => id === draft.autostackId);
  return (
    <>
      <p className="quiet">All conditions must match. Leave empty to match every metric.</p>
      <div className="fields">
        <TextField
          {...bind('namePattern', 'scope.namePattern')}
          label="Metric name pattern"
          hint="Full name; * matches any text, ? one character."
          placeholder="shop.*"
        />
        {without === 'servers' ? null : (
          <LongTextField
            {...bind('servers', 'scope.servers')}
            label="Resources (one per line)"
            hint="As shown in the overview, e.g. shop/web-1."
            rows={2}
          />
        )}
        <ChoiceField
          {...bind('autostackId', 'scope.autostackId')}
          label="Autostack"
          choices={[
            ['', 'Any'],
            ...stacks.map(({ id, name }) => [id, name] as const),
            ...(isListed ? [] : [[draft.autostackId, 'the one it has'] as const]),
          ]}
        />
      </div>
      <MetricChooser chosen={draft.metricIds} onChoose={(metricIds) => onChange({ metricIds })} />
      {without === 'tags' ? null : (
        <TagFilters at="scope.tags" drafts={draft.tags} onChange={(tags) => onChange({ tags })} />
      )}
    </>
  );
}
