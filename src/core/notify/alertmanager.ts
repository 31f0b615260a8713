/**
 * Prometheus' Alertmanager, API v2. It takes alerts, not messages, and knows one by its labels; one that is not sent
 * again before its `endsAt` is over. So alerts that fire are sent again each minute, good for four, and what is over for a while.
 */
import { postAndRead, type PostFailure } from '../../platform/outbound/outbound-client.ts';
import type { IncidentFacts, Message } from './message.ts';
import { linkToIncident, listWorst, nameMetric, writeRate } from './incident-words.ts';
import { isWebPage, type PostContext } from './post-json.ts';

export interface AlertmanagerConfig {
  readonly kind: 'ALERTMANAGER';
  /** Of the Alertmanager, with or without `/api/v2/alerts`. */
  readonly url: string;
  /** Basic authentication, as of a proxy in front of it; both or none. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** A bearer token, in its place. */
  readonly token?: string | undefined;
}

export const RESEND_SECONDS = 60;
const VALID_SECONDS = 4 * RESEND_SECONDS;
/** For how long an alert that is over is sent again: as long as Prometheus does (`resolvedRetention`). */
export const RESOLVED_SECONDS = 900;
/**
 * A test should page nobody for minutes. But Alertmanager notifies of nothing that is over before it first looks at a new
 * group, which is after `group_wait`: 30 s unless its configuration has another.
 */
const TEST_SECONDS = 60;
const ALERTS_PATH = '/api/v2/alerts';
const ALERTS_PER_REQUEST = 500;
const WORDS = {
  ANOMALY: { alert: 'LapwingAnomaly', title: 'Anomaly' },
  NO_DATA: { alert: 'LapwingNoData', title: 'No data' },
  ANOMALY_RATE: { alert: 'LapwingAnomalyRate', title: 'Anomaly rate' },
  OUTLIER: { alert: 'LapwingOutlier', title: 'Outlier' },
} as const;

/** Statuses that say something of the sender or the moment, and nothing of the alerts. */
const NOT_ABOUT_ALERTS = new Set([401, 403, 404, 405, 408, 429]);

interface AlertContext extends PostContext {
  readonly now: () => Date;
}

/** What became of alerts. */
export interface AlertsOutcome {
  /** Why Alertmanager could not be given all of them: it is away, or refuses the server. Null when it was. */
  readonly failure: PostFailure | null;
  /** How many it will never take, with its words of the first. The others were taken. */
  readonly refused: number;
  readonly reason: string | null;
}

/** Alerts that fire, or fired: an incident that has ended says when. One that is refused costs no other. */
export async function sendAlerts(
  config: AlertmanagerConfig,
  { kind, rule, incidents }: Pick<Message, 'kind' | 'rule' | 'incidents'>,
  id: string,
  { outbound, now, publicUrl }: AlertContext,
): Promise<AlertsOutcome> {
  const nowMs = now().getTime();
  const alerts = incidents.map((incident) => ({
    labels: listLabels(incident, rule.name, kind === 'TEST'),
    annotations: listAnnotations(incident),
    ...findTimes(incident, kind === 'TEST', nowMs),
    ...(publicUrl == null ? {} : { generatorURL: linkToIncident(publicUrl, incident.id) }),
  }));
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Lapwing',
    'idempotency-key': id,
    ...authorize(config),
  };
  const post = async (some: typeof alerts): Promise<AlertsOutcome> => {
    const target = nameAlertsUrl(config.url);
    const { status, failure, body } = await postAndRead(outbound, {
      url: target,
      headers,
      body: JSON.stringify(some),
    });
    if (failure === null && isWebPage(body)) {
      const problem = `${target.host} answered ${status}: a web page in place of the service`;
      return { ...TAKEN, failure: { problem, retryAfterMs: null } };
    }
    if (failure === null) return TAKEN;
    const isAboutAlerts = status >= 400 && status < 500 && !NOT_ABOUT_ALERTS.has(status);
    if (!isAboutAlerts) return { ...TAKEN, failure };
    if (some.length === 1) return { failure: null, refused: 1, reason: failure.problem };
    const middle = Math.ceil(some.length / 2);
    return join(await post(some.slice(0, middle)), await post(some.slice(middle)));
  };
  let outcome = TAKEN;
  for (let start = 0; start < alerts.length && outcome.failure === null; start += ALERTS_PER_REQUEST) {
    outcome = join(outcome, await post(alerts.slice(start, start + ALERTS_PER_REQUEST)));
  }
  return outcome;
}

const TAKEN: AlertsOutcome = { failure: null, refused: 0, reason: null };

/** https://www.rfc-editor.org/rfc/rfc7617: of the two as UTF-8. */
function authorize({ username, password, token }: AlertmanagerConfig): { readonly authorization?: string } {
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  if (username === undefined || password === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

function join(one: AlertsOutcome, other: AlertsOutcome): AlertsOutcome {
  return {
    failure: one.failure ?? other.failure,
    refused: one.refused + other.refused,
    reason: one.reason ?? other.reason,
  };
}

/**
 * Alertmanager refuses what ends before it starts, and takes an end in the future for none. Points have the time of
 * their sender, whose clock may be ahead of ours: nothing is said to have happened later than now.
 */
function findTimes(
  { startedAt, endedAt }: Pick<IncidentFacts, 'startedAt' | 'endedAt'>,
  isTest: boolean,
  nowMs: number,
): { readonly startsAt: Date; readonly endsAt: Date } {
  const startsMs = Math.min(startedAt.getTime(), nowMs);
  const openMs = nowMs + (isTest ? TEST_SECONDS : VALID_SECONDS) * 1000;
  const endsMs = endedAt === null ? openMs : Math.min(endedAt.getTime(), nowMs);
  return { startsAt: new Date(startsMs), endsAt: new Date(Math.max(startsMs, endsMs)) };
}

export function nameAlertsUrl(url: string): URL {
  const full = new URL(url);
  const path = full.pathname.replace(/\/+$/, '');
  full.pathname = path.endsWith(ALERTS_PATH) ? path : `${path}${ALERTS_PATH}`;
  return full;
}

/**
 * What does not change while it fires: these make it the same alert. Metrics of one resource may share their name, as the
 * same field with other tags or another statistic: by the id they are alerts of their own, and the end of one is not that of
 * the other. A deleted metric has none; its alert is over after its `endsAt`. Of many metrics at once none is the alert's own.
 */
function listLabels(incident: IncidentFacts, rule: string, isTest: boolean): Record<string, string> {
  const { metricId, metricName, server, location, group } = incident;
  return {
    alertname: isTest ? 'LapwingTest' : WORDS[incident.kind].alert,
    rule,
    metric: metricName,
    ...(metricId === null || group !== null ? {} : { metric_id: `Metric:${metricId}` }),
    server,
    ...(location === '' ? {} : { region: location }),
  };
}

function listAnnotations(incident: IncidentFacts): Record<string, string> {
  const { id, kind, value, expected, low, high, score, group } = incident;
  const summary = `${WORDS[kind].title}: ${nameMetric(incident)}`;
  if (group !== null) {
    const worst = listWorst(group).join('; ');
    return { summary, value: writeRate(group), worst, incident: `Incident:${id}` };
  }
  return {
    summary,
    value: String(value),
    ...(kind === 'NO_DATA' ? {} : { expected: `${expected} (${low} to ${high})`, score: String(score) }),
    incident: `Incident:${id}`,
  };
}
