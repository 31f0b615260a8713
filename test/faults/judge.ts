/** Holds what a server stored, scored and streamed against an oracle that never saw a fault. */
import { roundJudgement } from '../../src/core/samples/round-judgement.ts';
import { DETECTOR_KINDS } from '../../src/detector/detector-kinds.ts';
import { ask } from './ask-server.ts';
import type { Follower } from './follower.ts';
import {
  isLate,
  listSentRows,
  metricName,
  METRICS_EACH,
  MODEL,
  PRODUCERS,
  rowOf,
  timeOf,
  valueAt,
} from './workload.ts';

export interface Verdict {
  readonly stored: number;
  /** Acknowledged points that are not there. */
  readonly lost: number;
  /** Rows that nobody sent, or with another value. */
  readonly wrongValues: number;
  /** Row ids that are not 1, 2, 3, … */
  readonly rowIdGaps: number;
  /** Scores, expected values or bands that differ from the oracle's in any bit; late points that have a score. */
  readonly wrongScores: number;
  readonly logged: number;
  /** Scored rows that stand in the log twice or not at all. */
  readonly wrongLog: number;
  /** Subscribers whose record is not the log, in its order, each row once. */
  readonly wrongRecords: number;
  readonly brokenChains: number;
}

/** Of a server that keeps its promises. */
export const NOTHING_WRONG = {
  lost: 0,
  wrongValues: 0,
  rowIdGaps: 0,
  wrongScores: 0,
  wrongLog: 0,
  wrongRecords: 0,
  brokenChains: 0,
} as const satisfies Partial<Verdict>;

/** What is wrong in the data, in all. */
export function countWrongData(verdict: Verdict): number {
  const kinds = Object.keys(NOTHING_WRONG) as (keyof typeof NOTHING_WRONG)[];
  return kinds.reduce((sum, kind) => sum + verdict[kind], 0);
}

interface Row {
  readonly rowId: number;
  readonly timestamp: string;
  readonly value: number;
  readonly anomalyScore: number | null;
  readonly expected: { readonly value: number; readonly low: number; readonly high: number } | null;
}

export async function judge(
  url: string,
  metrics: ReadonlyMap<string, string>,
  acknowledgedRows: readonly number[],
  followers: readonly Follower[],
): Promise<Verdict> {
  const { serverInfo } = await ask<{ serverInfo: { cursor: string } }>(url, '{ serverInfo { cursor } }');
  await Promise.all(followers.map((follower) => follower.reach(serverInfo.cursor)));
  const totals = { stored: 0, lost: 0, wrongValues: 0, rowIdGaps: 0, wrongScores: 0 };
  const scored = new Set<string>();
  for (let producer = 0; producer < PRODUCERS; producer++) {
    const sent = listSentRows(acknowledgedRows[producer] ?? 0);
    for (let metric = 0; metric < METRICS_EACH; metric++) {
      const name = metricName(producer, metric);
      const rows = await readRows(url, metrics.get(name) ?? '');
      const found = judgeMetric(name, rows, sent, scored);
      totals.stored += rows.length;
      totals.lost += found.lost;
      totals.wrongValues += found.wrongValues;
      totals.rowIdGaps += found.rowIdGaps;
      totals.wrongScores += found.wrongScores;
    }
  }
  const log = await readLog(url);
  const once = new Set(log);
  const missing = [...scored].filter((key) => !once.has(key)).length;
  const text = log.join();
  return {
    ...totals,
    logged: log.length,
    wrongLog: log.length - once.size + missing,
    wrongRecords: followers.filter(({ record }) => record.join() !== text).length,
    brokenChains: followers.reduce((sum, follower) => sum + follower.brokenChains(), 0),
  };
}

function judgeMetric(name: string, rows: readonly Row[], sent: readonly number[], scored: Set<string>) {
  const oracle = DETECTOR_KINDS[0].create(MODEL);
  const there = new Set(rows.map((row) => rowOf(Date.parse(row.timestamp))));
  const found = { lost: sent.filter((row) => !there.has(row)).length, wrongValues: 0, wrongScores: 0 };
  for (const row of rows) {
    const place = rowOf(Date.parse(row.timestamp));
    if (!Number.isInteger(place) || row.value !== valueAt(name, place)) found.wrongValues += 1;
    if (row.anomalyScore !== null) scored.add(`${name} ${row.rowId}`);
    if (isLate(place)) {
      if (row.anomalyScore !== null) found.wrongScores += 1;
      continue;
    }
    const { score, expected, low, high } = roundJudgement(oracle.update(timeOf(place), row.value));
    const isRight =
      row.anomalyScore === score &&
      row.expected?.value === expected &&
      row.expected.low === low &&
      row.expected.high === high;
    if (!isRight) found.wrongScores += 1;
  }
  const ids = rows.map(({ rowId }) => rowId).sort((a, b) => a - b);
  return { ...found, rowIdGaps: ids.filter((id, index) => id !== index + 1).length };
}

interface Page<T> {
  readonly nodes: readonly T[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

async function readAll<T>(readPage: (after: string | null) => Promise<Page<T>>): Promise<readonly T[]> {
  const all: T[] = [];
  let after: string | null = null;
  do {
    const { nodes, pageInfo }: Page<T> = await readPage(after);
    all.push(...nodes);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return all;
}

/** A metric's rows, oldest first. */
function readRows(url: string, id: string): Promise<readonly Row[]> {
  return readAll(async (after) => {
    const answer = await ask<{ metric: { data: Page<Row> } }>(
      url,
      `query Rows($id: ID!, $after: String) { metric(id: $id) { data(first: 1000, after: $after) {
         nodes { rowId timestamp value anomalyScore expected { value low high } }
         pageInfo { hasNextPage endCursor } } } }`,
      { id, after },
    );
    return answer.metric.data;
  });
}

/** The log of scores, as `name rowId`. */
function readLog(url: string): Promise<readonly string[]> {
  return readAll(async (after) => {
    const { metricData } = await ask<{ metricData: Page<{ rowId: number; metric: { name: string } }> }>(
      url,
      `query Log($after: String) { metricData(filter: {}, first: 1000, after: $after) {
         nodes { rowId metric { name } } pageInfo { hasNextPage endCursor } } }`,
      { after },
    );
    const { nodes, pageInfo } = metricData;
    return { nodes: nodes.map(({ rowId, metric }) => `${metric.name} ${rowId}`), pageInfo };
  });
}
