/**
 * How long things take, as Prometheus' histograms. The histograms are prom-client's and stand in no registry of it: they
 * are rendered with all the other numbers.
 */
import { Histogram } from 'prom-client';
import type { Family } from './family.ts';

const DATA_PATH_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const NOTIFICATION_BUCKETS = [1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 21_600, 86_400];

/** With what a rising value means. Labels have the values of a fixed list, so that no input can make new series. */
const LATENCIES = {
  ingest_acknowledgement: {
    help: 'From a push, by whatever protocol, to its acknowledgement: waiting, scoring, committing. Rises when more comes than is stored.',
    labels: [],
    buckets: DATA_PATH_BUCKETS,
  },
  ingest_score: {
    help: 'Scoring one batch of points, with what is read of the database for it.',
    labels: [],
    buckets: DATA_PATH_BUCKETS,
  },
  ingest_commit: {
    help: 'Committing one batch of points. Rises when the disk of the database is slow.',
    labels: [],
    buckets: DATA_PATH_BUCKETS,
  },
  graphql_operation: {
    help: 'Executing a query or a mutation, by its type and its first root field. Parsing, and writing the answer, are not in it.',
    labels: ['type', 'field'],
    buckets: DATA_PATH_BUCKETS,
  },
  subscription_delivery: {
    help: 'From the commit of scores to the time a subscriber of anomalyScores was sent them, by transport; the time an event waits for more scores (lingerMs) included, what is replayed by a cursor not. Rises when subscribers read slowly, or the server has too much to do.',
    labels: ['transport'],
    buckets: DATA_PATH_BUCKETS,
  },
  notification_delivery: {
    help: 'From the time a message was written to the time its channel took it, the five seconds it waits for others included. Rises when receivers are away.',
    labels: [],
    buckets: NOTIFICATION_BUCKETS,
  },
} as const;

export type Latency = keyof typeof LATENCIES;

/** What a label is called, and its value. */
export type LatencyLabels = Readonly<Record<string, string>>;

export class Latencies {
  // Object.entries of a literal: its keys are the names.
  readonly #histograms = new Map(
    Object.entries(LATENCIES).map(([name, { help, labels, buckets }]) => [
      name,
      new Histogram({
        name: nameSeries(name),
        help,
        labelNames: [...labels],
        buckets: [...buckets],
        registers: [],
      }),
    ]),
  );

  /** @param seconds not negative; what is not finite is left out */
  observe(name: Latency, seconds: number, labels: LatencyLabels = {}): void {
    if (Number.isFinite(seconds)) this.#histograms.get(name)?.observe(labels, Math.max(0, seconds));
  }

  async read(): Promise<readonly Family[]> {
    return Promise.all(
      [...this.#histograms.values()].map(async (histogram): Promise<Family> => {
        const { name, help, values } = await histogram.get();
        const samples = values.map(({ labels, value, metricName = name }) => ({
          suffix: metricName.slice(name.length),
          labels: writeLabels(labels),
          value,
        }));
        return { name, kind: 'histogram', help, samples };
      }),
    );
  }
}

/** Notes how long work took that went well: what fails has counters of its own. @returns what `work` gives */
export async function timed<T>(
  stats: Pick<Latencies, 'observe'>,
  name: Latency,
  work: () => Promise<T>,
): Promise<T> {
  const beganMs = performance.now();
  const result = await work();
  stats.observe(name, (performance.now() - beganMs) / 1000);
  return result;
}

/** Every histogram there is, for the reference. */
export function describeLatencies(): readonly {
  readonly series: string;
  readonly help: string;
  readonly labels: readonly string[];
}[] {
  return Object.entries(LATENCIES).map(([name, { help, labels }]) => ({
    series: nameSeries(name),
    help,
    labels,
  }));
}

function nameSeries(name: string): string {
  return `lapwing_${name}_seconds`;
}

/** A bucket's bound is a number there; as text the last one is +Inf. */
function writeLabels(labels: Readonly<Record<string, string | number | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([label, value]) => [label, String(value)]));
}
