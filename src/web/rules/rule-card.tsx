import { useState } from 'react';
import { Link } from 'wouter';
import { findProblem, useDo } from '../api/ask.ts';
import { useSubmit } from '../api/use-submit.ts';
import {
  DeleteRuleDocument,
  type RuleRowFragment,
  TestRuleDocument,
  UpdateRuleDocument,
} from '../generated/graphql.ts';
import { Modal } from '../parts/modal.tsx';
import { Notice } from '../parts/notice.tsx';
import { describeRule } from './describe-rule.ts';
import { WindowText } from './window-list.tsx';
import { placeWindow, type Window } from './windows.ts';
import { serverClock } from '../api/server-clock.ts';

type NoticeState = { readonly kind: 'done' | 'problem' | 'plain'; readonly lines: readonly string[] } | null;

/** One rule in words, with what can be done to it. */
export function RuleCard(props: { readonly rule: RuleRowFragment; readonly onChanged: () => void }) {
  const { rule, onChanged } = props;
  const { id } = rule;
  const test = useDo(TestRuleDocument);
  const update = useDo(UpdateRuleDocument);
  const remove = useDo(DeleteRuleDocument);
  const [notice, setNotice] = useState<NoticeState>(null);
  const [isAsked, setAsked] = useState(false);
  const tryIt = useSubmit(async () => {
    setNotice({ kind: 'plain', lines: ['Sending …'] });
    const outcome = await test({ input: { id } });
    const problem = findProblem(outcome);
    if (problem !== null) setNotice({ kind: 'problem', lines: [problem] });
    else if ('data' in outcome && 'results' in outcome.data.testNotificationRule) {
      setNotice(describeTest(outcome.data.testNotificationRule.results));
    }
  });
  const change = async (done: Promise<Parameters<typeof findProblem>[0]>) => {
    const problem = findProblem(await done);
    setNotice(problem === null ? null : { kind: 'problem', lines: [problem] });
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
          <button onClick={tryIt}>Test</button>
          <Link href={`/rules/${encodeURIComponent(id)}`} className="button">
            Edit
          </Link>
          <button onClick={() => void change(update({ input: { id, enabled: !rule.enabled } }))}>
            {rule.enabled ? 'Switch off' : 'Switch on'}
          </button>
          <button className="danger" onClick={() => setAsked(true)}>
            Delete
          </button>
        </span>
      </div>
      <p>{describeRule(rule)}</p>
      <p className="quiet">{describeChannels(rule)}</p>
      {rule.maintenanceWindows.filter(isToCome).map((window) => (
        <p key={JSON.stringify(window)} className="quiet">
          Muted: <WindowText window={window} />
        </p>
      ))}
      {notice === null ? null : (
        <Notice kind={notice.kind}>
          {notice.lines.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </Notice>
      )}
      {isAsked ? (
        <DeleteQuestion
          name={rule.name}
          onDelete={() => void change(remove({ input: { id } }))}
          onClose={() => setAsked(false)}
        />
      ) : null}
    </article>
  );
}

function describeChannels({ channels }: RuleRowFragment): string {
  if (channels.length === 0) return 'Incidents only – no notifications.';
  return `Notifies ${channels.map(({ kind, target }) => `${kind.toLowerCase()} ${target}`).join(', ')}`;
}

function DeleteQuestion(props: {
  readonly name: string;
  readonly onDelete: () => void;
  readonly onClose: () => void;
}) {
  return (
    <Modal title={`Delete the rule ${props.name}?`} onClose={props.onClose}>
      <p>Its incidents are kept; open ones are resolved without a notification.</p>
      <div className="line">
        <button className="main danger" onClick={props.onDelete}>
          Delete
        </button>
        <button onClick={props.onClose}>Cancel</button>
      </div>
    </Modal>
  );
}

function isToCome(window: Window): boolean {
  return placeWindow(window, serverClock.now()) !== 'over';
}

function describeTest(
  results: readonly {
    readonly channel: { readonly kind: string; readonly target: string };
    readonly delivered: boolean;
    readonly problem: string | null;
  }[],
): NoticeState {
  if (results.length === 0) return { kind: 'plain', lines: ['No notification channels: nothing to test.'] };
  const lines = results.map(
    ({ channel, delivered, problem }) =>
      `${channel.kind.toLowerCase()} ${channel.target}: ${delivered ? 'delivered' : (problem ?? 'not delivered')}`,
  );
  return { kind: results.every(({ delivered }) => delivered) ? 'done' : 'problem', lines };
}
