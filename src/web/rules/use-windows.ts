/** Gives rules windows, and takes windows from them. */
import { findProblem, useAskOnce, useDo } from '../api/ask.ts';
import { RuleDocument, UpdateRuleDocument } from '../generated/graphql.ts';
import { type Window, writeWindow } from './windows.ts';

/**
 * A rule's windows are changed as a whole: they are read anew just before, so that what somebody else added stays.
 * @returns changes the windows of rules, one after the other; resolves with what went wrong, null when nothing did
 */
export function useWindows() {
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
