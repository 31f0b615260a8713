/** The windows of all rules, the same one of several rules listed once. */
import type { RuleRowFragment } from '../generated/graphql.ts';
import { placeWindow, type Window } from './windows.ts';

export interface PlannedWindow {
  readonly key: string;
  readonly window: Window;
  /** Those that keep quiet in it. */
  readonly rules: readonly Pick<RuleRowFragment, 'id' | 'name'>[];
}

const ORDER = { now: 0, later: 1, over: 2 } as const;

/** What holds now first, what is over last. */
export function listWindows(rules: readonly RuleRowFragment[], nowMs: number): readonly PlannedWindow[] {
  const found = new Map<string, PlannedWindow>();
  for (const { id, name, maintenanceWindows } of rules) {
    for (const window of maintenanceWindows) {
      const key = keyOf(window);
      found.set(key, { key, window, rules: [...(found.get(key)?.rules ?? []), { id, name }] });
    }
  }
  const placeOf = ({ window }: PlannedWindow) => ORDER[placeWindow(window, nowMs)];
  return [...found.values()].toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** Equal for equal windows, whatever order their parts come in. */
export function keyOf(window: Window): string {
  if ('dates' in window) return `${[...window.dates].sort().join()} ${window.timeZone}`;
  return 'start' in window
    ? `${window.start} ${window.end}`
    : `${[...window.weekdays].sort().join()} ${window.from} ${window.to} ${window.timeZone}`;
}
