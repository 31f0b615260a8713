/**
 * What is written while things break: producers whose values are a pure function of metric and row, so that anyone can
 * tell later what has to be there. Some rows are sent late on purpose.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { AnswerError, ask } from './ask-server.ts';

export const PRODUCERS = 4;
export const METRICS_EACH = 5;
export const MODEL = { min: 0, max: 100 };
const ROWS_PER_BATCH = 10;
const START_MS = Date.parse('2026-01-05T00:00:00Z');
const STEP_MS = 1000;
/** A row of every so many, in the middle of its batch, is held back and sent with the next: its model has gone on. */
const LATE_EVERY = 4 * ROWS_PER_BATCH;

export interface Workload {
  /** Resolves after three more batches: safety shown by a dead server would prove nothing. */
  readonly progress: () => Promise<void>;
  readonly acknowledgedPoints: () => number;
  /** Rows acknowledged of each producer's metrics: all before this one, but those held back. */
  readonly acknowledgedRows: () => readonly number[];
  /** How often an answer said that the outcome is unknown or that the server is busy. */
  readonly refusals: () => number;
  /** Longest wait for an answer of any kind to a batch, in milliseconds. */
  readonly slowestAnswerMs: () => number;
  /** The same for a page of metrics, asked for all the time. */
  readonly slowestReadMs: () => number;
  /** Answers that were failures, but did not say RETRY_LATER. */
  readonly strangeAnswers: () => readonly string[];
  readonly stop: () => Promise<void>;
}

export function metricName(producer: number, metric: number): string {
  return `fault.${producer}.${metric}`;
}

export function timeOf(row: number): number {
  return START_MS + row * STEP_MS;
}

export function rowOf(timestampMs: number): number {
  return (timestampMs - START_MS) / STEP_MS;
}

export function valueAt(name: string, row: number): number {
  const seed = Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) % 9973, 7);
  return 50 + 20 * Math.sin((row + seed) / 30) + (((row + 1) * (seed + 17)) % 97) / 20;
}

export function isLate(row: number): boolean {
  return row % LATE_EVERY === ROWS_PER_BATCH / 2;
}

/** The rows of a metric that must be there once `rows` are acknowledged. */
export function listSentRows(rows: number): readonly number[] {
  return Array.from({ length: rows }, (_, row) => row).filter(
    (row) => !isLate(row) || row < rows - ROWS_PER_BATCH,
  );
}

/** Makes and watches every metric of the workload. @returns ids by name */
export async function monitorAll(url: string): Promise<ReadonlyMap<string, string>> {
  const names = Array.from({ length: PRODUCERS * METRICS_EACH }, (_, index) =>
    metricName(index % PRODUCERS, Math.floor(index / PRODUCERS)),
  );
  const ids = new Map<string, string>();
  for (const name of names) {
    const { monitorMetric } = await ask<{ monitorMetric: { id: string } }>(
      url,
      `mutation Monitor($name: String!, $model: ModelParamsInput!) {
         monitorMetric(input: { spec: { custom: { name: $name } }, model: $model }) { ... on Metric { id } } }`,
      { name, model: MODEL },
    );
    ids.set(name, monitorMetric.id);
  }
  return ids;
}

function listBatch(producer: number, from: number) {
  const held = Array.from({ length: ROWS_PER_BATCH }, (_, index) => from - ROWS_PER_BATCH + index).filter(
    (row) => row >= 0 && isLate(row),
  );
  const fresh = Array.from({ length: ROWS_PER_BATCH }, (_, index) => from + index).filter(
    (row) => !isLate(row),
  );
  return [...held, ...fresh].flatMap((row) =>
    Array.from({ length: METRICS_EACH }, (_, metric) => {
      const name = metricName(producer, metric);
      return { metric: name, timestamp: new Date(timeOf(row)), value: valueAt(name, row) };
    }),
  );
}

const PUT = `mutation Put($points: [MetricPointInput!]!) {
  putMetricData(input: { points: $points }) { accepted duplicates late rejected { reason } } }`;

const READ = '{ metrics(first: 20) { totalCount nodes { name latest { value anomalyScore } } } }';
const READ_PAUSE_MS = 50;
const STRANGE_ANSWERS_KEPT = 100;

/** Each request has a connection of its own: what is between may send it to another server than the one before. */
const APART = { connection: 'close' };

/**
 * Producers that send each batch until it is acknowledged, and only then the next.
 * @param options.apart every batch by a connection of its own
 */
export function produceLoad(url: string, { apart = false }: { readonly apart?: boolean } = {}): Workload {
  const rows = Array.from({ length: PRODUCERS }, () => 0);
  let stopped = false;
  let batches = 0;
  let points = 0;
  let refusals = 0;
  let slowestMs = 0;
  let slowestReadMs = 0;
  const strange: string[] = [];
  let waiting: (() => void)[] = [];

  const noteStrange = (error: unknown) => {
    if (!(error instanceof AnswerError) || error.codes.every((code) => code === 'RETRY_LATER')) return;
    if (strange.length < STRANGE_ANSWERS_KEPT) strange.push(`${error.codes.join()}: ${error.message}`);
  };

  const send = async (producer: number): Promise<void> => {
    const from = rows[producer] ?? 0;
    const batch = listBatch(producer, from);
    const startedAt = performance.now();
    try {
      await ask(url, PUT, { points: batch }, apart ? APART : {});
      rows[producer] = from + ROWS_PER_BATCH;
      batches += 1;
      points += batch.length;
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      for (const wake of waiting.splice(0)) wake();
    } catch (error) {
      // Unknown outcome: the same points again, a moment later.
      refusals += 1;
      noteStrange(error);
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      await pause(20);
    }
  };
  const producers = rows.map(async (_, producer) => {
    while (!stopped) await send(producer);
  });
  const read = async () => {
    const startedAt = performance.now();
    await ask(url, READ).catch(noteStrange);
    slowestReadMs = Math.max(slowestReadMs, performance.now() - startedAt);
    await pause(READ_PAUSE_MS);
  };
  const keepReading = async () => {
    while (!stopped) await read();
  };
  const reader = keepReading();
  return {
    progress: async () => {
      const goal = batches + 3;
      while (batches < goal) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    acknowledgedPoints: () => points,
    acknowledgedRows: () => rows,
    refusals: () => refusals,
    slowestAnswerMs: () => slowestMs,
    slowestReadMs: () => slowestReadMs,
    strangeAnswers: () => strange,
    stop: async () => {
      stopped = true;
      waiting = [];
      await Promise.all([...producers, reader]);
    },
  };
}
