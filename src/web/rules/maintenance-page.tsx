import { useState } from 'react';
import { Link } from 'wouter';
import { useAsk, findProblem, useAskOnce, useDo } from '../api/ask.ts';
import {
  RulesDocument,
  type RuleRowFragment,
  RuleDocument,
  UpdateRuleDocument,
} from '../generated/graphql.ts';
import { SilenceList } from '../incidents/silence-list.tsx';
import { Answered } from '../parts/answer.tsx';
import { nameZone } from '../parts/format-time.ts';
import { Notice } from '../parts/notice.tsx';
import { PageTabs } from '../parts/page-tabs.tsx';
import { INCIDENT_PAGES } from '../parts/pages.ts';
import { useZone } from '../parts/preferences.ts';
import { keyOf, listWindows, type PlannedWindow } from './planned-windows.ts';
import { WindowForm } from './window-form.tsx';
import { WindowText } from './window-list.tsx';
import { type Window, writeWindow } from './windows.ts';
import '../style/incidents.css';
import '../style/rules.css';
import { serverClock } from '../api/server-clock.ts';

/** When rules send no notifications, over all rules. */
export function MaintenancePage() {
  const answer = useAsk(RulesDocument, {});
  return (
    <div className="stack">
      <PageTabs label="Incidents" pages={INCIDENT_PAGES} here="/maintenance" />
      <SilenceList />
      <Answered answer={answer} what="rules">
        {({ notificationRules: rules }) =>
          rules.length === 0 ? (
            <Notice title="No rules yet.">
              <p>Maintenance windows mute alert rules. Create a rule first.</p>
              <Link href="/rules/new">Create a rule</Link>
            </Notice>
          ) : (
            <Windows rules={rules} onChanged={answer.askAgain} />
          )
        }
      </Answered>
    </div>
  );
}

function Windows(props: { readonly rules: readonly RuleRowFragment[]; readonly onChanged: () => void }) {
  const { rules, onChanged } = props;
  const zone = useZone();
  const [without, setWithout] = useState<ReadonlySet<string>>(new Set());
  const [problem, setProblem] = useState<string | null>(null);
  const [notice, setNotice] = useState('');
  const changeWindows = useWindows();
  const chosen = rules.filter(({ id }) => !without.has(id)).map(({ id }) => id);
  const planned = listWindows(rules, serverClock.now());
  const finish = (found: string | null, words: string) => {
    setProblem(found);
    setNotice(found === null ? words : '');
    onChanged();
  };
  const add = async (window: Window) => {
    const key = keyOf(window);
    const change = (windows: readonly Window[]) => [
      ...windows.filter((other) => keyOf(other) !== key),
      window,
    ];
    finish(await changeWindows(chosen, change), 'Added.');
  };
  const remove = async ({ key, rules: holders }: PlannedWindow) => {
    const change = (windows: readonly Window[]) => windows.filter((other) => keyOf(other) !== key);
    finish(
      await changeWindows(
        holders.map(({ id }) => id),
        change,
      ),
      'Deleted.',
    );
  };
  return (
    <>
      <p className="quiet">
        During a maintenance window metrics are still scored and incidents recorded, but no notifications are
        sent. Incidents still open when it ends are notified then. Times are in {nameZone(zone)} unless
        another zone is named.
      </p>
      <section className="card stack" aria-label="New window">
        <h2>New window</h2>
        <RuleTicks rules={rules} without={without} onChange={setWithout} />
        {chosen.length === 0 ? (
          <p className="quiet">Select at least one rule.</p>
        ) : (
          <WindowForm onAdd={(window) => void add(window)} />
        )}
        <p role="status" className="quiet">
          {notice}
        </p>
        {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
      </section>
      {planned.length === 0 ? <Notice title="No maintenance windows." /> : null}
      <ul className="incidents">
        {planned.map((one) => (
          <li key={one.key}>
            <PlannedCard planned={one} isOfAll={one.rules.length === rules.length} onDelete={remove} />
          </li>
        ))}
      </ul>
    </>
  );
}

function RuleTicks(props: {
  readonly rules: readonly RuleRowFragment[];
  readonly without: ReadonlySet<string>;
  readonly onChange: (without: ReadonlySet<string>) => void;
}) {
  const { rules, without, onChange } = props;
  const turn = (id: string) => {
    const next = new Set(without);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  return (
    <fieldset className="channel">
      <legend>Rules to mute</legend>
      <ul className="choices">
        {rules.map(({ id, name }) => (
          <li key={id}>
            <label className="choice">
              <input type="checkbox" checked={!without.has(id)} onChange={() => turn(id)} />
              {name}
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

function PlannedCard(props: {
  readonly planned: PlannedWindow;
  readonly isOfAll: boolean;
  readonly onDelete: (planned: PlannedWindow) => Promise<void>;
}) {
  const { planned, isOfAll, onDelete } = props;
  const names = planned.rules.map(({ name }) => name).join(', ');
  return (
    <article className="card incident" aria-label="Maintenance window">
      <div className="line spread">
        <strong>
          <WindowText window={planned.window} />
        </strong>
        <button className="danger" onClick={() => void onDelete(planned)}>
          Delete
        </button>
      </div>
      <p className="quiet">{isOfAll ? `All rules: ${names}` : names}</p>
    </article>
  );
}

/**
 * A rule's windows are changed as a whole: they are read anew just before, so that what somebody else added stays.
 * @returns changes the windows of rules, one after the other; resolves with what went wrong, null when nothing did
 */
function useWindows() {
  const ask = useAskOnce(RuleDocument);
  const update = useDo(UpdateRuleDocument);
  const changeOne = async (id: string, change: (windows: readonly Window[]) => readonly Window[]) => {
    const outcome = await ask({ id });
    if ('problem' in outcome) return outcome.problem;
    const { notificationRule: rule } = outcome.data;
    if (rule === null) return null;
    const maintenanceWindows = change(rule.maintenanceWindows).map(writeWindow);
    const problem = findProblem(await update({ input: { id, maintenanceWindows } }));
    return problem === null ? null : `${rule.name}: ${problem}`;
  };
  return async (
    ids: readonly string[],
    change: (windows: readonly Window[]) => readonly Window[],
  ): Promise<string | null> => {
    const problems: string[] = [];
    for (const id of ids) {
      const problem = await changeOne(id, change);
      if (problem !== null) problems.push(problem);
    }
    return problems.length === 0 ? null : problems.join(' ');
  };
}
