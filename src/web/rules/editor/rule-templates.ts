/** What a new rule begins as: the three that most people come for. */
import { NEW_RULE, type RuleDraft } from './rule-draft.ts';

export const TEMPLATES = [
  ['ALL', 'Every metric'],
  ['TAG', 'Production only'],
  ['RESOURCE', 'One resource'],
] as const;
export type Template = (typeof TEMPLATES)[number][0];

const STARTS: Readonly<Record<Template, Partial<RuleDraft>>> = {
  ALL: { name: 'Critical anomalies' },
  TAG: { name: 'Production', tags: [{ key: 'env', values: 'production, prod' }] },
  RESOURCE: { name: 'One resource' },
};

/** Of each template what is asked for beside severity and channels, rather than in the folded scope. */
export const FIELD_OF_TEMPLATE = { ALL: null, TAG: 'tags', RESOURCE: 'servers' } as const satisfies Record<
  Template,
  'tags' | 'servers' | null
>;

/** The draft with the template's scope. A name that was typed stays. */
export function applyTemplate(draft: RuleDraft, template: Template): RuleDraft {
  const start = { ...NEW_RULE, ...STARTS[template] };
  const isTyped = draft.name !== '' && !Object.values(STARTS).some(({ name }) => name === draft.name);
  const { namePattern, servers, autostackId, metricIds, tags } = start;
  return {
    ...draft,
    ...{ namePattern, servers, autostackId, metricIds, tags },
    name: isTyped ? draft.name : start.name,
  };
}
