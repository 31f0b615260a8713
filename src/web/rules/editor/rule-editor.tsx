import { type SubmitEvent, useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { findProblem, useAsk, useDo } from '../../api/ask.ts';
import { CreateRuleDocument, RuleDocument, UpdateRuleDocument } from '../../generated/graphql.ts';
import { Answered } from '../../parts/answer.tsx';
import { type FieldProblem, ProblemContext, readProblem } from '../../parts/field-problem.ts';
import { TextField, TickField } from '../../parts/form-field.tsx';
import { Notice } from '../../parts/notice.tsx';
import { Section } from '../../parts/section.tsx';
import { ChannelList } from './channel-list.tsx';
import { readDraft } from './read-draft.ts';
import { draftRule, NEW_RULE, type RuleDraft } from './rule-draft.ts';
import { ScopeFields } from './scope-fields.tsx';
import { TextFields } from './text-fields.tsx';
import { describeTiming, TimingFields } from './timing-fields.tsx';
import { ConditionFields } from './condition-fields.tsx';
import { WindowList } from '../window-list.tsx';
import '../../style/rules.css';

const TIMES = ['recoverySeconds', 'quietSeconds', 'staleSeconds'];
const WORDS = ['timeZone', 'subject', 'body', 'runbookUrl'];

/** A rule to make. */
export function NewRulePage() {
  return <RuleForm id={null} start={NEW_RULE} />;
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
  const [draft, setDraft] = useState(start);
  const { problem, isSaving, save } = useSave(id);
  const title = id === null ? 'New rule' : `Rule ${start.name}`;
  useEffect(() => {
    document.title = `${title} · Lapwing`;
  }, [title]);
  const part = { draft, onChange: (change: Partial<RuleDraft>) => setDraft({ ...draft, ...change }) };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void save(draft);
  };
  return (
    <ProblemContext value={problem}>
      <form className="stack rule-form" aria-label={title} onSubmit={submit}>
        <Link href="/rules">← Rules</Link>
        <h1>{title}</h1>
        <section className="card stack" aria-label="The rule">
          <TextField
            at="name"
            label="Name of the rule"
            isRequired
            value={draft.name}
            onChange={(name) => part.onChange({ name })}
          />
          <TickField label="On" value={draft.enabled} onChange={(enabled) => part.onChange({ enabled })} />
        </section>
        <Section title="Scope" holds={['scope']}>
          <ScopeFields {...part} />
        </Section>
        <Section title="Condition" holds={[]}>
          <ConditionFields {...part} />
        </Section>
        <Section title="Notifications" holds={['channels']}>
          <ChannelList channels={draft.channels} onChange={(channels) => part.onChange({ channels })} />
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

/** @returns what the server had against the draft, and how to save it: then the rules are shown */
function useSave(id: string | null) {
  const [, goTo] = useLocation();
  const [problem, setProblem] = useState<FieldProblem | null>(null);
  const [isSaving, setSaving] = useState(false);
  const create = useDo(CreateRuleDocument);
  const update = useDo(UpdateRuleDocument);
  const save = async (draft: RuleDraft) => {
    setSaving(true);
    const input = readDraft(draft);
    const outcome = await (id === null ? create({ input }) : update({ input: { id, ...input } }));
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
