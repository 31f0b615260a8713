/** What has to be done for a server to be as a file says, and how that is shown. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { showValue } from '../../platform/bounded-input/show-value.ts';
import type { Entry } from './configuration.ts';

export type Action = 'add' | 'change' | 'delete' | 'none';

/** One field, as it is and as it is to be; as text that may be shown. Null where there is none. */
export interface FieldChange {
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What has to be done for one entry. */
export interface Step {
  readonly action: Action;
  readonly entry: Entry;
  readonly changes: readonly FieldChange[];
  /** Does it. @throws EntryError, RemoteError */
  readonly run: () => Promise<void>;
}

type Fields = Readonly<Record<string, unknown>>;

/** @returns the names of the fields that differ, in the order in which they are to be */
export function listDifferences(before: Fields, after: Fields): readonly string[] {
  const names = new Set([...Object.keys(after), ...Object.keys(before)]);
  return [...names].filter((name) => !isDeepStrictEqual(toPlain(before[name]), toPlain(after[name])));
}

/** The fields of those names, as changes. */
export function describeChanges(before: Fields, after: Fields, names: readonly string[]): FieldChange[] {
  return names.map((field) => ({ field, before: show(before[field]), after: show(after[field]) }));
}

/** As JSON has it: times as text, nothing that is undefined. */
function toPlain(value: unknown): unknown {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown);
}

function show(value: unknown): string | null {
  return value === undefined || value === null ? null : showValue(value);
}

const SIGNS: Readonly<Record<Exclude<Action, 'none'>, string>> = { add: '+', change: '~', delete: '-' };

/** A line for the entry and one for each field; empty where nothing is to be done. */
export function writeStep({ action, entry, changes }: Step): string {
  if (action === 'none') return '';
  const lines = changes.map(({ field, before, after }) => `    ${field}: ${writeChange(before, after)}\n`);
  return `${SIGNS[action]} ${entry.title}\n${lines.join('')}`;
}

function writeChange(before: string | null, after: string | null): string {
  if (before === null) return after ?? 'none';
  return `${before} -> ${after ?? 'none'}`;
}

/** How many steps there are of each action. */
export function countActions(steps: readonly Pick<Step, 'action'>[]): Readonly<Record<Action, number>> {
  const counts = { add: 0, change: 0, delete: 0, none: 0 };
  for (const { action } of steps) counts[action] += 1;
  return counts;
}
