/** What a configuration file says, once it was read without a problem. */
import type { Section } from './file-format.ts';

/** One thing the server is to have. */
export interface Entry {
  readonly section: Section;
  /** What people call it: notification rule "web". */
  readonly title: string;
  /** As the file has it, of the type of its section. */
  readonly value: Readonly<Record<string, unknown>>;
  /** FILE:LINE:COLUMN of a part of it. @param path keys and indexes from the entry on */
  readonly locate: (path: readonly string[]) => string;
}

export interface StackName {
  readonly name: string;
  readonly region: string;
}

/** Of an entry of an autostack, whose format has both. */
export function readStackName({ value }: Entry): StackName {
  return { name: String(value.name), region: String(value.region) };
}

export interface Configuration {
  /** In the order in which they are applied. */
  readonly entries: readonly Entry[];
  /** What the server is not to have any more: the value of each is no more than its name. */
  readonly deletions: readonly Entry[];
}

const NOUNS: Readonly<Record<Section, string>> = {
  autostacks: 'autostack',
  monitoringPolicies: 'monitoring policy',
  notificationRules: 'notification rule',
  metrics: 'metric',
};

/** What it is known by: two of a file with one title are one thing said twice. */
export function nameEntry(section: Section, value: Readonly<Record<string, unknown>>): string {
  const noun = NOUNS[section];
  if (section === 'metrics') return `${noun} ${nameMetric(value)}`;
  const region = section === 'autostacks' ? ` in ${String(value.region)}` : '';
  return `${noun} ${JSON.stringify(value.name)}${region}`;
}

/** A pushed metric by its name, any other by what chooses it. */
function nameMetric({ spec }: Readonly<Record<string, unknown>>): string {
  if (typeof spec !== 'object' || spec === null) return '';
  const [first] = Object.entries<unknown>({ ...spec });
  if (first === undefined) return '';
  const [source, given] = first;
  const isNamed = typeof given === 'object' && given !== null && 'name' in given;
  return `${source} ${JSON.stringify(isNamed ? given.name : given)}`;
}
