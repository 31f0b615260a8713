import { type SubmitEvent, useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { TagFilters } from '../../add/tag-filters.tsx';
import { findProblem, useAsk, useDo } from '../../api/ask.ts';
import {
  CreateRuleDocument,
  RuleDocument,
  UpdateRuleDocument,
  RuleResourcesDocument,
} from '../../generated/graphql.ts';
import { Answered } from '../../parts/answer.tsx';
import { type FieldProblem, ProblemContext, readProblem } from '../../parts/field-problem.ts';
import { TextField, TickField } from '../../parts/form-field.tsx';
import { Notice } from '../../parts/notice.tsx';
import { Section } from '../../parts/section.tsx';
import { Segments } from '../../parts/segments.tsx';
import { ChannelList } from './channel-list.tsx';
import { describeScope } from '../describe-rule.ts';
import { readDraft, readScope } from './read-draft.ts';
import { OutlierFields } from './outlier-fields.tsx';
import { RateFields } from './rate-fields.tsx';
import { RulePreview } from './rule-preview.tsx';
import { applyTemplate, FIELD_OF_TEMPLATE, type Template, TEMPLATES } from './rule-templates.ts';
import { bindDraft, type DraftPart, draftRule, NEW_RULE, type RuleDraft } from './rule-draft.ts';
import { keepChanged } from './keep-changed.ts';
import { ScopeFields } from './scope-fields.tsx';
import { TextFields } from './text-fields.tsx';
import { describeTiming, TimingFields } from './timing-fields.tsx';
import { ConditionFields, describeCondition, SeverityFields } from './condition-fields.tsx';
import { WindowList } from '../window-list.tsx';
import '../../style/rules.css';

const CONDITION = ['direction', 'minDeviation', 'minDeviationRatio', 'confirmPoints', 'confirmSeconds'];
const TIMES = ['recoverySeconds', 'quietSeconds', 'staleSeconds', 'noDataSeconds'];
const WORDS = ['timeZone', 'subject', 'body', 'runbookUrl'];

/** A rule to make. */
export function NewRulePage() {
  return <RuleForm id={null} start={applyTemplate(NEW_RULE, 'ALL')} />;
}

/** A rule to change. It is read once: what somebody else changes meanwhile does not move the form. */
export function EditRulePage({ id }: { readonly id: string }) {
  const answer = useAsk(RuleDocument, { id }, { policy: 'network-only' });
  return (
    <Answered answer={answer} what="the rule">
      {({ notificationRule: rule }) =>
        rule === null ? (
          <Notice kind="problem" title="There is no such rule.">
            <Link href="/rules">To the rules</Link>
          </Notice>
        ) : (
          <RuleForm id={id} start={draftRule(rule)} />
        )
      }
    </Answered>
  );
}

function RuleForm({ id, start }: { readonly id: string | null; readonly start: RuleDraft }) {
  const [began] = useState(start);
  const [draft, setDraft] = useState(began);
  const { problem, isSaving, save } = useSave(id, began);
  const [template, setTemplate] = useState<Template | null>(id === null ? 'ALL' : null);
  const title = id === null ? 'New rule' : `Rule ${start.name}`;
  useEffect(() => {
    document.title = `${title} · Lapwing`;
  }, [title]);
  const part = { draft, onChange: (change: Partial<RuleDraft>) => setDraft({ ...draft, ...change }) };
  const asked = template === null ? null : FIELD_OF_TEMPLATE[template];
  const startFrom = (chosen: Template) => {
    setTemplate(chosen);
    setDraft(applyTemplate(draft, chosen));
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void save(draft);
  };
  return (
    <ProblemContext value={problem}>
      <form className="stack rule-form" aria-label={title} onSubmit={submit}>
        <Link href="/rules">← Rules</Link>
        <h1>{title}</h1>
        <FirstFields {...part} template={template} onTemplate={startFrom} />
        <RulePreview draft={draft} />
        <Section title="Scope" summary={describeScope(readScope(draft))} holds={['scope']} isFolded>
          <ScopeFields {...part} without={asked} />
        </Section>
        <Section title="Condition" summary={describeCondition(draft)} holds={CONDITION} isFolded>
          <ConditionFields {...part} />
        </Section>
        <Section title="Times" summary={describeTiming(draft)} holds={TIMES} isFolded>
          <TimingFields {...part} />
        </Section>
        <Section
          title="Maintenance"
          summary={
            draft.windows.length === 0
              ? 'no windows'
              : `${draft.windows.length} window${draft.windows.length === 1 ? '' : 's'}`
          }
          holds={['maintenanceWindows']}
          isFolded
        >
          <WindowList windows={draft.windows} onChange={(windows) => part.onChange({ windows })} />
        </Section>
        <Section title="Message template" summary={describeTexts(draft)} holds={WORDS} isFolded>
          <TextFields {...part} />
        </Section>
        {problem === null ? null : (
          <Notice kind="problem" title="The rule was not saved.">
            {problem.text}
          </Notice>
        )}
        <div className="line save-bar">
          <button className="main" disabled={isSaving}>
            Save rule
          </button>
          <Link href="/rules" className="button">
            Cancel
          </Link>
        </div>
      </form>
    </ProblemContext>
  );
}

/** What most rules differ in; of a new one, which metrics as well. */
function FirstFields(
  props: DraftPart & {
    /** Null of a rule that is changed. */
    readonly template: Template | null;
    readonly onTemplate: (template: Template) => void;
  },
) {
  const { draft, onChange, template, onTemplate } = props;
  const bind = bindDraft(props);
  const asked = template === null ? null : FIELD_OF_TEMPLATE[template];
  return (
    <section className="card stack" aria-label="The rule">
      {template === null ? null : (
        <Segments label="Applies to" choices={TEMPLATES} value={template} onChoose={onTemplate} />
      )}
      <div className="fields">
        <TextField {...bind('name')} label="Name of the rule" isRequired />
        {asked === 'servers' ? <ResourceField draft={draft} onChange={onChange} /> : null}
        <SeverityFields draft={draft} onChange={onChange} />
      </div>
      {asked === 'tags' ? (
        <TagFilters at="scope.tags" least={1} drafts={draft.tags} onChange={(tags) => onChange({ tags })} />
      ) : null}
      <h2>Notify</h2>
      <ChannelList channels={draft.channels} onChange={(channels) => onChange({ channels })} />
      <TickField {...bind('notifyNoData')} label="Notify when a metric stops reporting, too" />
      <RateFields draft={draft} onChange={onChange} />
      <OutlierFields draft={draft} onChange={onChange} />
      <TickField {...bind('enabled')} label="On" />
    </section>
  );
}

/** @param began the rule as it was read @returns what the server had against the draft, and how to save it: then the rules are shown */
function useSave(id: string | null, began: RuleDraft) {
  const [, goTo] = useLocation();
  const [problem, setProblem] = useState<FieldProblem | null>(null);
  const [isSaving, setSaving] = useState(false);
  const create = useDo(CreateRuleDocument);
  const update = useDo(UpdateRuleDocument);
  const save = async (draft: RuleDraft) => {
    setSaving(true);
    const outcome = await (id === null
      ? create({ input: readDraft(draft) })
      : update({ input: { id, ...keepChanged(readDraft(began), readDraft(draft)) } }));
    const message = findProblem(outcome);
    setSaving(false);
    setProblem(message === null ? null : readProblem(message));
    if (message === null) goTo('/rules');
  };
  return { problem, isSaving, save };
}

function describeTexts({ subject, body }: RuleDraft): string {
  return subject === '' && body === '' ? 'default template' : 'custom template';
}

/** The resource of a rule that is about one. */
function ResourceField(part: DraftPart) {
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
