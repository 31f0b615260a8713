/** Texts with variables in braces. Nothing but replacing: no expression, nothing to run. */

/** Every variable there is, with what it stands for. */
export const VARIABLES = {
  instance: 'friendly name and server of the resource',
  metric: 'name of the metric',
  'metric.id': 'id of the metric',
  'metric.name': 'name of the metric',
  'metric.server': 'canonical name of its resource',
  'metric.unit': 'what its values are counted in',
  unit: 'the same in short, such as % and ms; empty for what is only counted',
  notification: 'id of the message',
  'notification.id': 'id of the message',
  incident: 'id of the incident',
  timestampUTC: 'when it began, in UTC',
  timestampLocal: "when it began, in the metric's time zone or the rule's",
  timezoneLocal: 'short name of that zone at that time',
  region: 'region of the metric',
  state: 'STARTED, ENDED or TEST',
  endTimestampUTC: 'when it ended, in UTC; empty while it has not',
  endTimestampLocal: "when it ended, in the metric's time zone or the rule's; empty while it has not",
  endReason: 'why it ended; empty while it has not',
  endReasonText: 'why it ended, in words',
  duration: 'how long it lasted; empty while it has not ended',
  severity: 'CRITICAL from a score of 0.99999 on, WARNING below',
  reason: 'why it is anomalous, in one sentence',
  deviation: 'how far the value is from the expected one, in per cent; empty where that was 0 or next to it',
  link: "address of the incident's page; empty where LAPWING_PUBLIC_URL is not set",
  runbook: "address of the rule's runbook; empty where it has none",
  value: 'the value that made it fire',
  expected: 'the value expected then',
  low: 'lower end of the band expected then',
  high: 'upper end of it',
  score: 'the anomaly score of that value',
  rule: 'name of the rule',
  count: 'how many incidents the message is about',
} as const;
export type Variable = keyof typeof VARIABLES;

const PLACEHOLDER = /\{\{|\}\}|\{([^{}]*)\}/g;

/** The first variable that does not exist; null when all do. `{{` and `}}` stand for braces. */
export function findUnknownVariable(template: string): string | null {
  for (const [, name] of template.matchAll(PLACEHOLDER)) {
    if (name !== undefined && !isVariable(name)) return name;
  }
  return null;
}

/** Whether a brace belongs to no variable: what was meant as one would be sent as it stands. */
export function hasLoneBrace(template: string): boolean {
  return /[{}]/.test(template.replace(PLACEHOLDER, ''));
}

/** A variable that does not exist is left as it stands. */
export function fillTemplate(template: string, values: Readonly<Record<Variable, string>>): string {
  return template.replace(PLACEHOLDER, (whole, name?: string) => {
    if (name === undefined) return whole.charAt(0);
    return isVariable(name) ? values[name] : whole;
  });
}

function isVariable(name: string): name is Variable {
  return Object.hasOwn(VARIABLES, name);
}
