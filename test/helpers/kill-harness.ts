/**
 * Kills a server again and again while it is being written to, then holds everything it acknowledged, stored, scored
 * and streamed against an oracle. Values are a pure function of metric and time, scores of the detector alone.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { DETECTOR_KINDS } from '../../src/detect/detector.ts';
import { findFreePort, startServerProcess, type ServerProcess } from './server-process.ts';

export interface KillReport {
  readonly cycles: number;
  readonly acknowledged: number;
  readonly stored: number;
  readonly lost: number;
  readonly wrongValues: number;
  readonly rowIdGaps: number;
  readonly wrongScores: number;
  readonly streamed: number;
  readonly streamedTwice: number;
  readonly missedByStream: number;
  readonly brokenCursorChains: number;
}

interface Row {
  readonly rowId: number;
  readonly timestamp: string;
  readonly value: number;
  readonly anomalyScore: number | null;
  readonly expected: { readonly value: number; readonly low: number; readonly high: number } | null;
}

const PRODUCERS = 4;
const METRICS_EACH = 5;
const POINTS_PER_METRIC = 10;
const START_MS = Date.parse('2026-01-05T00:00:00Z');
const STEP_MS = 1000;
const MODEL = { min: 0, max: 100 };

/** @param options.pick a number in [0, 1): how long the server lives each time */
export async function runKillHarness(options: {
  readonly cycles: number;
  readonly pick: () => number;
  readonly onCycle?: (cycle: number, acknowledged: number) => void;
}): Promise<KillReport> {
  const dataDir = await mkdtemp(join(tmpdir(), 'lapwing-kill-'));
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}/graphql`;
  const start = () =>
    startServerProcess({
      LAPWING_DATA_DIR: dataDir,
      LAPWING_PORT: String(port),
      LAPWING_GRAPHITE_PORT: '',
      LAPWING_HOST_METRICS: 'off',
      LAPWING_LOG_LEVEL: 'warn',
    });
  let server = await start();
  try {
    const metrics = await monitorAll(url);
    const stream = followStream(url);
    const load = produceLoad(url);
    for (let cycle = 1; cycle <= options.cycles; cycle++) {
      await pause(200 + 1000 * options.pick());
      await server.kill();
      server = await start();
      await load.progress();
      options.onCycle?.(cycle, load.acknowledged());
    }
    await load.stop();
    const report = await judge(url, metrics, load.acknowledgedPerMetric(), stream);
    await stream.stop();
    return { cycles: options.cycles, acknowledged: load.acknowledged(), ...report };
  } finally {
    await stopQuietly(server);
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function stopQuietly(server: ServerProcess): Promise<void> {
  if (server.child.exitCode === null && server.child.signalCode === null) await server.terminate();
}

/** @throws Error when the server is away or answers with errors */
export async function ask<T>(url: string, query: string, variables: object = {}): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(30_000),
  });
  const body = (await response.json()) as { data?: T; errors?: { message: string }[] };
  if (body.errors !== undefined || body.data === undefined) {
    throw new Error(body.errors?.map(({ message }) => message).join('; ') ?? `HTTP ${response.status}`);
  }
  return body.data;
}

function metricName(producer: number, metric: number): string {
  return `kill.${producer}.${metric}`;
}

function valueAt(name: string, row: number): number {
  const seed = Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) % 9973, 7);
  return 50 + 20 * Math.sin((row + seed) / 30) + (((row + 1) * (seed + 17)) % 97) / 20;
}

async function monitorAll(url: string): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (let producer = 0; producer < PRODUCERS; producer++) {
    for (let metric = 0; metric < METRICS_EACH; metric++) {
      const name = metricName(producer, metric);
      const { monitorMetric } = await ask<{ monitorMetric: { id: string } }>(
        url,
        `mutation Monitor($name: String!, $model: ModelParamsInput!) {
           monitorMetric(input: { spec: { custom: { name: $name } }, model: $model }) { ... on Metric { id } } }`,
        { name, model: MODEL },
      );
      ids.set(name, monitorMetric.id);
    }
  }
  return ids;
}

/** Producers that send each batch until it is acknowledged, and only then the next. */
function produceLoad(url: string) {
  let stopped = false;
  let batches = 0;
  let waiting: (() => void)[] = [];
  const rows = Array.from({ length: PRODUCERS }, () => 0);
  const produce = async (producer: number) => {
    while (!stopped) {
      const from = rows[producer] ?? 0;
      const points = Array.from({ length: METRICS_EACH * POINTS_PER_METRIC }, (_, index) => {
        const metric = metricName(producer, index % METRICS_EACH);
        const row = from + Math.floor(index / METRICS_EACH);
        return { metric, timestamp: new Date(START_MS + row * STEP_MS), value: valueAt(metric, row) };
      });
      try {
        await ask(
          url,
          `mutation Put($points: [MetricPointInput!]!) {
             putMetricData(input: { points: $points }) { accepted duplicates late rejected { reason } } }`,
          { points },
        );
        rows[producer] = from + POINTS_PER_METRIC;
        batches += 1;
        for (const wake of waiting.splice(0)) wake();
      } catch {
        // Unknown outcome: the same points again, a moment later.
        await pause(20);
      }
    }
  };
  const producers = rows.map((_, producer) => produce(producer));
  return {
    /** Resolves after three more batches: safety shown by a dead server would prove nothing. */
    progress: async () => {
      const goal = batches + 3;
      while (batches < goal) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    acknowledged: () => rows.reduce((sum, count) => sum + count * METRICS_EACH, 0),
    acknowledgedPerMetric: () => rows,
    stop: async () => {
      stopped = true;
      waiting = [];
      await Promise.all(producers);
    },
  };
}

/** A client that keeps its cursor and resumes by it, as the README tells. */
function followStream(url: string) {
  const seen = new Map<string, number>();
  const report = { streamed: 0, streamedTwice: 0, brokenCursorChains: 0 };
  const client = createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: Infinity,
    retryWait: () => pause(50),
    shouldRetry: () => true,
  });
  const payload = {
    query: `subscription Follow($after: String) { anomalyScores(after: $after, lingerMs: 10) {
      prev cursor scores { rowId metric { name } } } }`,
    variables: { after: null as string | null },
  };
  interface Event {
    prev: string;
    cursor: string;
    scores: { rowId: number; metric: { name: string } }[];
  }
  const onEvent = ({ prev, cursor, scores }: Event) => {
    if (payload.variables.after !== null && prev !== payload.variables.after) report.brokenCursorChains += 1;
    payload.variables.after = cursor;
    for (const { rowId, metric } of scores) {
      const key = `${metric.name} ${rowId}`;
      if (seen.has(key)) report.streamedTwice += 1;
      seen.set(key, rowId);
      report.streamed += 1;
    }
  };
  // From the log's beginning: what is committed before the first subscription counts as well.
  const ready = ask<{ serverInfo: { cursor: string } }>(url, '{ serverInfo { cursor } }').then(
    ({ serverInfo }) => {
      payload.variables.after = serverInfo.cursor;
      client.subscribe<{ anomalyScores: Event }>(payload, {
        next: ({ data }) => data && onEvent(data.anomalyScores),
        error: () => undefined,
        complete: () => undefined,
      });
    },
  );
  return {
    report,
    has: (name: string, rowId: number) => seen.has(`${name} ${rowId}`),
    /** Resolves once the client's cursor has reached the given one. */
    reach: async (cursor: string) => {
      await ready;
      while (payload.variables.after !== cursor) await pause(20);
    },
    stop: async () => {
      await ready;
      await client.dispose();
    },
  };
}

async function judge(
  url: string,
  metrics: ReadonlyMap<string, string>,
  acknowledgedRows: readonly number[],
  stream: ReturnType<typeof followStream>,
) {
  const { serverInfo } = await ask<{ serverInfo: { cursor: string } }>(url, '{ serverInfo { cursor } }');
  await stream.reach(serverInfo.cursor);
  const report = { stored: 0, lost: 0, wrongValues: 0, rowIdGaps: 0, wrongScores: 0, missedByStream: 0 };
  for (let producer = 0; producer < PRODUCERS; producer++) {
    for (let metric = 0; metric < METRICS_EACH; metric++) {
      const name = metricName(producer, metric);
      const rows = await readRows(url, metrics.get(name) ?? '');
      report.stored += rows.length;
      report.lost += Math.max(0, (acknowledgedRows[producer] ?? 0) - rows.length);
      const oracle = DETECTOR_KINDS[0].create(MODEL);
      for (const [index, row] of rows.entries()) {
        const timestampMs = START_MS + index * STEP_MS;
        const isRight = Date.parse(row.timestamp) === timestampMs && row.value === valueAt(name, index);
        if (!isRight) report.wrongValues += 1;
        if (row.rowId !== index + 1) report.rowIdGaps += 1;
        if (!stream.has(name, row.rowId)) report.missedByStream += 1;
        const { score, expected, low, high } = oracle.update(timestampMs, row.value);
        const isScored =
          row.anomalyScore === score &&
          row.expected?.value === expected &&
          row.expected.low === low &&
          row.expected.high === high;
        if (!isScored) report.wrongScores += 1;
      }
    }
  }
  return { ...report, ...stream.report };
}

async function readRows(url: string, id: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let after: string | null = null;
  do {
    const {
      metric,
    }: { metric: { data: { nodes: Row[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } } =
      await ask(
        url,
        `query Rows($id: ID!, $after: String) { metric(id: $id) { data(first: 1000, after: $after) {
           nodes { rowId timestamp value anomalyScore expected { value low high } }
           pageInfo { hasNextPage endCursor } } } }`,
        { id, after },
      );
    rows.push(...metric.data.nodes);
    after = metric.data.pageInfo.hasNextPage ? metric.data.pageInfo.endCursor : null;
  } while (after !== null);
  return rows;
}
