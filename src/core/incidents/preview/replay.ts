/** The incidents a rule would have had of one metric: its stored scores, held against the rule once more. */
import type { AlertPoint } from '../../annotations/alert-threshold.ts';
import { BAR_MINUTES } from '../../bars/bar-window.ts';
import { isScored, type StoredSample } from '../../samples/stored-sample.ts';
import { holdAgainst, type Incident } from '../incident.ts';
import { nameQuiet, type MetricFacts } from '../metric-facts.ts';
import type { Rule } from '../rule.ts';

const HOUR_MS = BAR_MINUTES.DAYS * 60_000;

/** A point at which an incident would be notified of, were nothing in the way. */
export interface DueMoment {
  readonly timeMs: number;
  readonly incidentId: string;
  /** Of the rule and the resource. */
  readonly quietKey: string;
  /** What supersedes an incident is notified of within the quiet period, too. */
  readonly supersedes: boolean;
}

/** One that fired. */
export interface ReplayedIncident {
  readonly id: string;
  readonly metricNumber: number;
  readonly startedMs: number;
}

/** Takes the samples of a metric in time order, leaving out those that can be nobody's incident. */
export class MetricReplay {
  readonly #about: { readonly rule: Rule; readonly facts: MetricFacts };
  readonly #thresholdAdjustmentOf: (metricId: string, point: AlertPoint) => number;
  /** Starts of hours in which it was anomalous, those that are still to come. */
  #hours: readonly number[];
  #open: Incident | null = null;
  /** Null once there is nothing more to read. */
  #nextMs: number | null;
  readonly due: DueMoment[] = [];
  readonly fired = new Map<string, ReplayedIncident>();

  /** @param hours starts of the hours in which it was anomalous, oldest first */
  constructor(
    about: { readonly rule: Rule; readonly facts: MetricFacts },
    hours: readonly number[],
    thresholdAdjustmentOf: (metricId: string, point: AlertPoint) => number,
  ) {
    this.#about = about;
    this.#thresholdAdjustmentOf = thresholdAdjustmentOf;
    this.#hours = hours;
    this.#nextMs = hours[0] ?? null;
  }

  get metricNumber(): number {
    return this.#about.facts.number;
  }

  /** Where to go on reading; null when it is done. */
  get nextMs(): number | null {
    return this.#nextMs;
  }

  /** @param samples those from `nextMs` on. @param isAll there are no more of them */
  take(samples: readonly StoredSample[], isAll: boolean): void {
    for (const sample of samples) {
      if (!this.#wants(sample.timestampMs)) return;
      this.#nextMs = sample.timestampMs + 1;
      if (isScored(sample)) this.#step(sample);
    }
    if (isAll) this.#nextMs = null;
  }

  /** While nothing is open, what lies outside of the anomalous hours is passed over. */
  #wants(timeMs: number): boolean {
    if (this.#open !== null) return true;
    this.#hours = this.#hours.filter((start) => timeMs < start + HOUR_MS);
    const [start] = this.#hours;
    if (start !== undefined && timeMs >= start) return true;
    this.#nextMs = start ?? null;
    return false;
  }

  #step(sample: Parameters<typeof holdAgainst>[1]): void {
    const { ended, next, isDue } = holdAgainst(this.#open, sample, this.#about, this.#thresholdAdjustmentOf);
    this.#open = next;
    if (next === null || !isDue) return;
    const { id, metricNumber, startedMs } = next;
    const { rule, facts } = this.#about;
    this.fired.set(id, { id, metricNumber, startedMs });
    const supersedes = ended?.endReason === 'SUPERSEDED';
    this.due.push({
      timeMs: sample.timestampMs,
      incidentId: id,
      quietKey: nameQuiet(rule.id, facts),
      supersedes,
    });
  }
}
