/** What channels are given to deliver. */
import type { Datasource, View } from '../../model.ts';

/** What a message says of one incident: frozen when it fired, so that every attempt says the same. */
export interface IncidentFacts {
  readonly id: string;
  /** NO_DATA: the metric stopped reporting; its value and what was expected are those of the last sample. */
  readonly kind: 'ANOMALY' | 'NO_DATA';
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
  /** The point that made it fire. */
  readonly score: number;
  readonly value: number;
  readonly expected: number;
  readonly low: number;
  readonly high: number;
  /** What was anomalous at that point; null where that is not known. */
  readonly aspect: View | null;
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
