/** What channels are given to deliver. */
import type { Datasource, View } from '../../model.ts';

/** A point, and what was expected of it. */
export interface AnomalousPoint {
  readonly score: number;
  readonly value: number;
  readonly expected: number;
  readonly low: number;
  readonly high: number;
  /** What was anomalous about it; null where that is not known, as of one stored before that was kept. */
  readonly aspect: View | null;
}

/** A metric of a group, at the point that made it anomalous. */
export interface GroupMetric extends AnomalousPoint {
  /** Uuid. */
  readonly metricId: string | null;
  readonly metricName: string;
  readonly metricUnit: string | null;
  readonly instance: string;
  /** The highest of its incident so far. */
  readonly score: number;
}

/** Many metrics of one resource, or of one rule, that are anomalous at once. */
export interface AnomalousGroup {
  readonly anomalousCount: number;
  /** Of all metrics that were looked at. */
  readonly metricCount: number;
  /** The most that were anomalous at once so far. */
  readonly peakCount: number;
  /** Those with the highest scores, worst first. */
  readonly worst: readonly GroupMetric[];
}

/** What a message says of one incident: of the point that made it fire, so that every attempt says the same. */
export interface IncidentFacts extends AnomalousPoint {
  readonly id: string;
  /**
   * NO_DATA: the metric stopped reporting; its value and what was expected are those of the last sample.
   * OUTLIER: the metric behaves unlike the others of its group; its value is the mean of its own, what was expected their median's.
   * ANOMALY_RATE: many metrics are anomalous at once; the metric is the worst of them, and the instance names the group.
   */
  readonly kind: 'ANOMALY' | 'NO_DATA' | 'ANOMALY_RATE' | 'OUTLIER';
  /** Uuid; null once the metric was deleted. */
  readonly metricId: string | null;
  readonly metricName: string;
  readonly metricUnit: string | null;
  /** Name of the resource for people: its friendly name and the server, or the server. */
  readonly instance: string;
  readonly server: string;
  /** Region; empty where there is none. */
  readonly location: string;
  readonly datasource: Datasource;
  /** Time of the first anomalous point; of NO_DATA, of the last sample. */
  readonly startedAt: Date;
  /** Both null in messages about its start. */
  readonly endedAt: Date | null;
  readonly endReason: string | null;
  /** Of ANOMALY_RATE; null of other kinds. */
  readonly group: AnomalousGroup | null;
}

/** A test is about an incident that never was. */
export type MessageKind = 'START' | 'END' | 'TEST';

export interface Message {
  /** Stays the same over all attempts: receivers know a repeat by it. */
  readonly id: string;
  readonly kind: MessageKind;
  /** The id is null once the rule was deleted. */
  readonly rule: {
    readonly id: string | null;
    readonly name: string;
    /** Of what to do; null where the rule has none. */
    readonly runbookUrl: string | null;
  };
  /** How many incidents it is about; `incidents` may hold the first of them only. */
  readonly count: number;
  readonly incidents: readonly IncidentFacts[];
  readonly subject: string;
  readonly text: string;
}

/** Incidents a message spells out. */
export const LISTED_INCIDENTS = 20;
