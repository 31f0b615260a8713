/** One incident in words: what every channel says of it. */
import { RED_SCORE } from '../../detector/likelihood.ts';
import type { AnomalousGroup, IncidentFacts, Message } from './message.ts';

const ASPECTS = {
  LEVEL: 'This value is within the expected range; the last ones together are anomalous.',
  SILENCE: 'The value has been stuck (flat) longer than ever before.',
  TIME_OF_DAY: 'The value is anomalous for this time of day or week.',
  TREND: 'The trend of the last hours is anomalous.',
  VOLATILITY: 'The variability is anomalously high or low.',
} as const;
/** For a value that is within its expected range: what it is anomalous by. */
const SHORT_ASPECTS = {
  LEVEL: '(anomalous level)',
  SILENCE: '',
  TIME_OF_DAY: '(anomalous for this time of day)',
  TREND: '(anomalous trend)',
  VOLATILITY: '(anomalous variability)',
} as const;
/** How many widths of the expected range away from it is far: as on the page. */
const FAR = 2;
const SHOWN_DIGITS = 6;
/** From here on a deviation says only that next to nothing was expected. */
const NO_PERCENT = 1e6;
/** Metrics of a group that are named. */
const LISTED_METRICS = 5;

/** The units of CloudWatch, shorter. What is per second is made of these. */
const SHORT_UNITS: Readonly<Record<string, string>> = {
  Percent: '%',
  Seconds: 's',
  Milliseconds: 'ms',
  Microseconds: 'µs',
  Bytes: 'B',
  Kilobytes: 'kB',
  Megabytes: 'MB',
  Gigabytes: 'GB',
  Terabytes: 'TB',
  Bits: 'bit',
  Kilobits: 'kbit',
  Megabits: 'Mbit',
  Gigabits: 'Gbit',
  Terabits: 'Tbit',
  Count: '',
  None: '',
};
const PER_SECOND = '/Second';

/** Why an incident ended, in words. */
const END_WORDS: Readonly<Record<string, string>> = {
  RECOVERED: 'recovered',
  SILENT: 'no data',
  UNMONITORED: 'monitoring stopped',
  METRIC_DELETED: 'metric deleted',
  SUPERSEDED: 'a far rarer anomaly began',
  RULE_CHANGED: 'rule changed',
};

type ScoredPoint = Pick<IncidentFacts, 'metricUnit' | 'value' | 'expected' | 'low' | 'high' | 'aspect'>;
export type Severity = 'CRITICAL' | 'WARNING';

/** Critical is what the page shows in red, and what stopped reporting. */
export function rateSeverity({ kind, score }: Pick<IncidentFacts, 'kind' | 'score'>): Severity {
  return kind === 'NO_DATA' || score >= RED_SCORE ? 'CRITICAL' : 'WARNING';
}

/** Of a message about several incidents. */
export function rateWorst(incidents: readonly Pick<IncidentFacts, 'kind' | 'score'>[]): Severity {
  return incidents.some((facts) => rateSeverity(facts) === 'CRITICAL') ? 'CRITICAL' : 'WARNING';
}

/** Empty while it has not ended. */
export function writeEndReason({ endReason }: Pick<IncidentFacts, 'endReason'>): string {
  return endReason === null ? '' : (END_WORDS[endReason] ?? endReason);
}

/** The incident's page. @param publicUrl address of the page, without a slash at its end */
export function linkToIncident(publicUrl: string, id: string): string {
  return `${publicUrl}/incidents/${encodeURIComponent(`Incident:${id}`)}`;
}

/** The page of the incident a message is about, or the list of incidents; null where the address of the page is not known. */
export function linkToMessage(
  { count, incidents }: Pick<Message, 'count' | 'incidents'>,
  publicUrl: string | null,
): string | null {
  if (publicUrl === null) return null;
  const [only] = incidents;
  return count === 1 && only !== undefined ? linkToIncident(publicUrl, only.id) : `${publicUrl}/incidents`;
}

/** What an incident's page offers when a message has led there; the link itself does nothing: mail scanners open links. */
const OFFERS = [
  ['Acknowledge', 'acknowledge'],
  ['Silence', 'silence'],
] as const;

/** Title and address of what can be done about the one incident whose start a message is about; none of others. */
export function linkToOffers(
  { kind, count, incidents }: Pick<Message, 'kind' | 'count' | 'incidents'>,
  publicUrl: string | null,
): readonly (readonly [title: string, url: string])[] {
  const [only] = incidents;
  if (publicUrl === null || kind !== 'START' || count !== 1 || only === undefined) return [];
  const page = linkToIncident(publicUrl, only.id);
  return OFFERS.map(([title, offer]) => [title, `${page}?offer=${offer}`]);
}

/** Metrics that were pushed without a resource are their own. */
export function hasInstance({
  instance,
  metricName,
}: Pick<IncidentFacts, 'instance' | 'metricName'>): boolean {
  return instance !== metricName;
}

/** The metric, and the instance where it has one; of many metrics at once, their group. */
export function nameMetric(facts: Pick<IncidentFacts, 'kind' | 'instance' | 'metricName'>): string {
  if (facts.kind === 'ANOMALY_RATE') return facts.instance;
  return hasInstance(facts) ? `${facts.metricName} on ${facts.instance}` : facts.metricName;
}

/** Such as % and ms; empty for what is only counted. */
export function shortenUnit(unit: string | null): string {
  if (unit === null) return '';
  const isRate = unit.endsWith(PER_SECOND);
  const counted = isRate ? unit.slice(0, -PER_SECOND.length) : unit;
  const short = Object.hasOwn(SHORT_UNITS, counted) ? SHORT_UNITS[counted] : undefined;
  return short === undefined ? unit : `${short}${isRate ? '/s' : ''}`;
}

export function writeNumber(value: number): string {
  return String(Number(value.toPrecision(SHOWN_DIGITS)));
}

function writeAmount(value: number, unit: string | null): string {
  return `${writeNumber(value)} ${shortenUnit(unit)}`.trimEnd();
}

/** Such as (+12 % vs. expected); empty where nothing was expected to compare with, or next to nothing. */
export function writeDeviation({ value, expected }: Pick<IncidentFacts, 'value' | 'expected'>): string {
  if (expected === 0) return '';
  const percent = Number((((value - expected) / Math.abs(expected)) * 100).toPrecision(3));
  if (!(Math.abs(percent) < NO_PERCENT)) return '';
  return `(${percent > 0 ? '+' : percent < 0 ? '-' : ''}${Math.abs(percent)} % vs. expected)`;
}

/** What is wrong, in a few words. */
export function writeFinding(facts: IncidentFacts): string {
  if (facts.group !== null) return writeRate(facts.group);
  if (facts.kind === 'NO_DATA') return `no data (last value ${writeAmount(facts.value, facts.metricUnit)})`;
  return facts.kind === 'OUTLIER' ? writeOutlier(facts) : writeValueFinding(facts);
}

/** Such as 12 ms, others alike 3 ms. */
function writeOutlier({ value, expected, metricUnit }: IncidentFacts): string {
  return `${writeAmount(value, metricUnit)}, others alike ${writeAmount(expected, metricUnit)}`;
}

/** Such as 12 of 30 metrics anomalous (40 %). */
export function writeRate({ anomalousCount, metricCount }: AnomalousGroup): string {
  const percent = Number(((100 * anomalousCount) / metricCount).toPrecision(2));
  return `${anomalousCount} of ${metricCount} metrics anomalous (${percent} %)`;
}

/** The worst metrics of a group, a line for each. */
export function listWorst({ worst }: AnomalousGroup): readonly string[] {
  return worst.slice(0, LISTED_METRICS).map((metric) => {
    const name = hasInstance(metric) ? `${metric.metricName} on ${metric.instance}` : metric.metricName;
    return `${name}: ${writeValueFinding(metric)}`;
  });
}

/** The value with what is anomalous about it: a flat line is not off, it is stuck. */
function writeValueFinding(facts: ScoredPoint): string {
  const amount = writeAmount(facts.value, facts.metricUnit);
  if (facts.aspect === 'SILENCE') return `stuck at ${amount}`;
  const short = facts.aspect === null || measureExcess(facts) !== 0 ? '' : SHORT_ASPECTS[facts.aspect];
  return `${amount} ${short === '' ? writeDeviation(facts) : short}`.trimEnd();
}

/** What was expected with its range, such as 100 ms (90 to 110). */
export function writeExpected({ expected, low, high, metricUnit }: IncidentFacts): string {
  return `${writeAmount(expected, metricUnit)} (${writeNumber(low)} to ${writeNumber(high)})`;
}

/** What receivers show beside the title of an alert: names and texts. */
export function listDetails(facts: IncidentFacts, ruleName: string): Readonly<Record<string, string>> {
  const { kind, group } = facts;
  return {
    ...(group === null ? { metric: facts.metricName } : {}),
    instance: facts.instance,
    ...(facts.location === '' ? {} : { region: facts.location }),
    value: writeFinding(facts),
    ...(group === null
      ? kind !== 'NO_DATA' && { expected: writeExpected(facts) }
      : { worst: listWorst(group).join('; ') }),
    reason: writeReason(facts),
    ...(group === null && kind === 'ANOMALY' ? { score: String(facts.score) } : {}),
    rule: ruleName,
  };
}

/**
 * Why it is anomalous, in one sentence: the one the page has. A value outside of its expected range explains itself;
 * within it, what was anomalous has to. Empty where neither is known.
 */
export function writeReason(facts: IncidentFacts): string {
  if (facts.kind === 'ANOMALY_RATE') return 'Many metrics are anomalous at the same time.';
  if (facts.kind === 'OUTLIER') return 'The metric behaves unlike the same metric of other resources.';
  if (facts.kind === 'NO_DATA') return 'No sample has come for longer than is normal for this metric.';
  const { low, high, aspect } = facts;
  const excess = measureExcess(facts);
  if (aspect === 'SILENCE' || excess === 0) return aspect === null ? '' : ASPECTS[aspect];
  const far = Math.abs(excess) > FAR * (high - low) ? 'far ' : '';
  const when = aspect === 'TIME_OF_DAY' ? ' for this time of day or week' : '';
  return `The value is ${far}${excess > 0 ? 'above' : 'below'} the expected range${when}.`;
}

/** How far outside of its range the value is; below 0 beneath it. */
function measureExcess({ value, low, high }: Pick<IncidentFacts, 'value' | 'low' | 'high'>): number {
  if (value > high) return value - high;
  return value < low ? value - low : 0;
}
