import { useAsk } from '../../api/ask.ts';
import { RuleResourcesDocument } from '../../generated/graphql.ts';
import { TextField } from '../../parts/form-field.tsx';
import { bindDraft, type DraftPart } from './rule-draft.ts';

/** The resource of a rule that is about one. */
export function ResourceField(part: DraftPart) {
  const bind = bindDraft(part);
  const { data } = useAsk(RuleResourcesDocument, {});
  const servers = [...new Set(data?.metrics.nodes.map(({ server }) => server))].toSorted();
  return (
    <TextField
      {...bind('servers', 'scope.servers')}
      label="Resource"
      hint="As shown in the overview, e.g. shop/web-1."
      isRequired
      options={servers}
    />
  );
}
