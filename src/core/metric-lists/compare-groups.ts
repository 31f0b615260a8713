/** Metrics that differ in nothing but their resource, held against each other. */
import type pg from 'pg';
import { compareMembers, MIN_MEMBERS, type MemberDeviation } from '../../detector/outliers.ts';
import { readSeries } from '../samples/read-series.ts';
import { NO_POINTS, type SeriesColumns } from '../samples/series.ts';
import { nameWithoutResource } from '../sources/series-resource.ts';

/** Of the range, unless that is shorter than the metrics' own period. */
const MAX_INTERVALS = 60;
/** Fewer say little. */
const MIN_INTERVALS = 5;
/** Of one metric, over the range and the one before it. */
const MAX_POINTS = 1000;
/** No sample is an anomaly for this reading: none is kept for its score. */
const ABOVE_ANY_SCORE = 2;

export interface Comparison {
  readonly fromMs: number;
  readonly toMs: number;
  /** Robust standard deviations. */
  readonly tolerance: number;
}

export interface Compared extends MemberDeviation {
  readonly metricNumber: number;
  /** What its group has in common. */
  readonly groupName: string;
  /** How many metrics are in its group. */
  readonly memberCount: number;
  /** As `share`, of the range of the same length just before; null where it could not be compared. */
  readonly shareBefore: number | null;
}

export interface Candidate {
  readonly number: number;
  readonly name: string;
  readonly periodSeconds: number;
  /** Account, source, unit, namespace and statistic: what has to be equal for values to be comparable. */
  readonly kind: string;
}

/** Rows are of type Candidate. */
export const SELECT_CANDIDATE = `
  SELECT m.number, m.name, m.period_seconds AS "periodSeconds",
         concat_ws(' ', m.account_id, m.datasource, m.unit, m.spec ->> 'namespace', m.spec ->> 'statistic') AS kind
  FROM metric m`;

export interface Group {
  readonly name: string;
  readonly members: Candidate[];
}

/** @returns the groups that are large enough to call a member the odd one */
export function groupAlike(candidates: readonly Candidate[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const candidate of candidates) {
    const name = nameWithoutResource(candidate.name);
    const key = JSON.stringify([name, candidate.kind]);
    const group = groups.get(key) ?? { name, members: [] };
    group.members.push(candidate);
    groups.set(key, group);
  }
  return [...groups.values()].filter(({ members }) => members.length >= MIN_MEMBERS);
}

/** @returns what was found of each member that could be compared. Three statements at most. */
export async function compareGroups(
  pool: pg.Pool,
  groups: readonly Group[],
  comparison: Comparison,
): Promise<readonly Compared[]> {
  const numbers = groups.flatMap(({ members }) => members.map(({ number }) => number));
  const { fromMs, toMs } = comparison;
  const series = await readSeries(pool, numbers, {
    fromMs: fromMs - (toMs - fromMs),
    toMs,
    maxPoints: MAX_POINTS,
    anomalyScore: ABOVE_ANY_SCORE,
  });
  return groups.flatMap((group) => compareGroup(group, series, comparison));
}

function compareGroup(
  { name, members }: Group,
  series: ReadonlyMap<number, SeriesColumns>,
  { fromMs, toMs, tolerance }: Comparison,
): readonly Compared[] {
  const columns = members.map(({ number }) => series.get(number) ?? NO_POINTS);
  const lengthMs = toMs - fromMs;
  const periodMs = 1000 * Math.max(...members.map(({ periodSeconds }) => periodSeconds));
  const intervals = Math.min(MAX_INTERVALS, Math.max(MIN_INTERVALS, Math.floor(lengthMs / periodMs)));
  const plan = { intervalMs: lengthMs / intervals, intervals, tolerance };
  const now = compareMembers(columns, { ...plan, fromMs });
  const before = compareMembers(columns, { ...plan, fromMs: fromMs - lengthMs });
  return members.flatMap(({ number }, place) => {
    const found = now[place];
    if (found == null) return [];
    return {
      ...found,
      metricNumber: number,
      groupName: name,
      memberCount: members.length,
      shareBefore: before[place]?.share ?? null,
    };
  });
}
