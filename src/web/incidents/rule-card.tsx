import { useState } from 'react';
import { findProblem, useDo } from '../api/ask.ts';
import {
  DeleteRuleDocument,
  type RuleRowFragment,
  TestRuleDocument,
  UpdateRuleDocument,
} from '../generated/graphql.ts';
import { describeRarity } from '../parts/format-number.ts';
import { formatSpan } from '../parts/format-time.ts';
import { Modal } from '../parts/modal.tsx';
import { Notice } from '../parts/notice.tsx';

type Told = { readonly kind: 'done' | 'problem' | 'plain'; readonly lines: readonly string[] } | null;

/** One rule in words, with what can be done to it. */
export function RuleCard(props: { readonly rule: RuleRowFragment; readonly onChanged: () => void }) {
  const { rule, onChanged } = props;
  const { id } = rule;
  const test = useDo(TestRuleDocument);
  const update = useDo(UpdateRuleDocument);
  const remove = useDo(DeleteRuleDocument);
  const [told, setTold] = useState<Told>(null);
  const [isAsked, setAsked] = useState(false);
  const tryIt = async () => {
    setTold({ kind: 'plain', lines: ['Sending …'] });
    const outcome = await test({ input: { id } });
    const problem = findProblem(outcome);
    if (problem !== null) setTold({ kind: 'problem', lines: [problem] });
    else if ('data' in outcome && 'results' in outcome.data.testNotificationRule) {
      setTold(describeTest(outcome.data.testNotificationRule.results));
    }
  };
  const change = async (done: Promise<Parameters<typeof findProblem>[0]>) => {
    const problem = findProblem(await done);
    setTold(problem === null ? null : { kind: 'problem', lines: [problem] });
    setAsked(false);
    if (problem === null) onChanged();
  };
  return (
    <article className="card incident" aria-label={`Rule ${rule.name}`}>
      <div className="line spread">
        <div className="line">
          <h2>{rule.name}</h2>
          {rule.enabled ? null : <span className="badge">off</span>}
        </div>
        <span className="line">
          <button onClick={() => void tryIt()}>Test</button>
          <button onClick={() => void change(update({ input: { id, enabled: !rule.enabled } }))}>
            {rule.enabled ? 'Switch off' : 'Switch on'}
          </button>
          <button className="danger" onClick={() => setAsked(true)}>
            Delete
          </button>
        </span>
      </div>
      <p>{describeRule(rule)}</p>
      <p className="quiet">
        {rule.channels.length === 0
          ? 'It keeps incidents and tells nobody.'
          : `Tells ${rule.channels.map(({ kind, target }) => `${kind.toLowerCase()} ${target}`).join(', ')}`}
      </p>
      {told === null ? null : (
        <Notice kind={told.kind}>
          {told.lines.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </Notice>
      )}
      {isAsked ? (
        <Modal title={`Delete the rule ${rule.name}?`} onClose={() => setAsked(false)}>
          <p>Its incidents stay; those that are open end without a message.</p>
          <div className="line">
            <button className="main" onClick={() => void change(remove({ input: { id } }))}>
              Delete
            </button>
            <button onClick={() => setAsked(false)}>Keep it</button>
          </div>
        </Modal>
      ) : null}
    </article>
  );
}

function describeTest(
  results: readonly {
    readonly channel: { readonly kind: string; readonly target: string };
    readonly delivered: boolean;
    readonly problem: string | null;
  }[],
): Told {
  if (results.length === 0) return { kind: 'plain', lines: ['It has no channels: there is nobody to tell.'] };
  const lines = results.map(
    ({ channel, delivered, problem }) =>
      `${channel.kind.toLowerCase()} ${channel.target}: ${delivered ? 'delivered' : (problem ?? 'not delivered')}`,
  );
  return { kind: results.every(({ delivered }) => delivered) ? 'done' : 'problem', lines };
}

function describeRule({
  scope,
  sensitivity,
  direction,
  confirmPoints,
  quietSeconds,
}: RuleRowFragment): string {
  const conditions = [
    scope.namePattern === null ? null : `metrics named ${scope.namePattern}`,
    scope.servers === null ? null : `of ${scope.servers.join(', ')}`,
    scope.metricIds === null ? null : `${scope.metricIds.length} chosen metrics`,
    scope.autostackId === null ? null : 'of one autostack',
    scope.tags === null
      ? null
      : `with ${scope.tags.map(({ key, values }) => `${key}=${values.join('|')}`).join(', ')}`,
  ].filter((part) => part !== null);
  const side = { BOTH: '', ABOVE: ', only above', BELOW: ', only below' } as const;
  const points = confirmPoints === 1 ? '' : ` for ${confirmPoints} points`;
  const text = conditions.length === 0 ? 'every metric' : conditions.join(', ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}: as seldom as ${describeRarity(sensitivity)}${side[direction]}${points}; at most one message a server in ${formatSpan(quietSeconds * 1000)}.`;
}
