/** The members of a group that behave unlike the others: metrics of the same name on several resources. */
import type pg from 'pg';
import { InvalidInputError } from '../../errors.ts';
import { compareMembers, MIN_MEMBERS, type MemberDeviation } from '../../detector/outliers.ts';
import { readSeries } from '../samples/read-series.ts';
import { NO_POINTS, type SeriesColumns } from '../samples/series.ts';
import { nameWithoutResource } from '../sources/series-resource.ts';
import { chooseBarRange, DEFAULT_WINDOW } from '../bars/bar-window.ts';
import { listMetricConditions, type MetricSelection } from './select-metrics.ts';

/** In one comparison, over all groups. */
export const MAX_COMPARED = 200;
/** Of the range, unless that is shorter than the metrics' own period. */
const MAX_INTERVALS = 60;
/** Fewer say little. */
const MIN_INTERVALS = 5;
/** Of one metric, over the range and the one before it. */
const MAX_POINTS = 1000;
/** No sample is an anomaly for this reading: none is kept for its score. */
const ABOVE_ANY_SCORE = 2;

export interface OutlierQuestion {
  readonly selection: MetricSelection;
  readonly fromMs: number;
  readonly toMs: number;
  /** Robust standard deviations. */
  readonly tolerance: number;
  /** A member that is too far from the others at this share of the intervals is an outlier; in (0, 1]. */
  readonly minShare: number;
}

export interface Outlier extends MemberDeviation {
  readonly metricNumber: number;
  /** What its group has in common. */
  readonly groupName: string;
  /** How many metrics are in its group. */
  readonly memberCount: number;
  /** As `share`, of the range of the same length just before; null where it could not be compared. */
  readonly shareBefore: number | null;
}

export interface OutlierComparison {
  /** The most deviating first. */
  readonly outliers: readonly Outlier[];
  readonly comparedCount: number;
  readonly groupCount: number;
  /** Metrics without enough others like them, or without samples at the same times as these. */
  readonly tooFewCount: number;
}

interface Candidate {
  readonly number: number;
  readonly name: string;
  readonly periodSeconds: number;
  /** Source, unit, namespace and statistic: what has to be equal for values to be comparable. */
  readonly kind: string;
}

/** @throws InvalidInputError for a selection of more than MAX_COMPARED metrics. Four statements at most. */
export async function readOutliers(pool: pg.Pool, question: OutlierQuestion): Promise<OutlierComparison> {
  const candidates = await readCandidates(pool, question.selection);
  const lengthMs = question.toMs - question.fromMs;
  const series = await readSeries(
    pool,
    candidates.map(({ number }) => number),
    {
      fromMs: question.fromMs - lengthMs,
      toMs: question.toMs,
      maxPoints: MAX_POINTS,
      anomalyScore: ABOVE_ANY_SCORE,
    },
  );
  const groups = groupAlike(candidates).filter(({ members }) => members.length >= MIN_MEMBERS);
  const compared = groups.flatMap((group) => compareGroup(group, series, question));
  return {
    outliers: compared
      .filter(({ share }) => share >= question.minShare)
      .sort((a, b) => Math.abs(b.deviation) - Math.abs(a.deviation) || a.metricNumber - b.metricNumber),
    comparedCount: compared.length,
    groupCount: new Set(compared.map(({ groupName }) => groupName)).size,
    tooFewCount: candidates.length - compared.length,
  };
}

async function readCandidates(pool: pg.Pool, selection: MetricSelection): Promise<readonly Candidate[]> {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const now = chooseBarRange(DEFAULT_WINDOW, Date.now());
  const { rows } = await pool.query<Candidate>(
    `SELECT m.number, m.name, m.period_seconds AS "periodSeconds", concat_ws(' ', m.datasource, m.unit,
            m.spec ->> 'namespace', m.spec ->> 'statistic') AS kind
     FROM metric m WHERE ${listMetricConditions(selection, now, bind).join(' AND ')}
     ORDER BY m.name, m.number LIMIT ${bind(MAX_COMPARED + 1)}`,
    values,
  );
  if (rows.length <= MAX_COMPARED) return rows;
  throw new InvalidInputError(
    `filter: expected a choice of at most ${MAX_COMPARED} metrics, got more; name the metric (names, namePattern) or a tag`,
    ['filter'],
  );
}

interface Group {
  readonly name: string;
  readonly members: Candidate[];
}

/** Metrics that differ in nothing but their resource. */
function groupAlike(candidates: readonly Candidate[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const candidate of candidates) {
    const name = nameWithoutResource(candidate.name);
    const key = JSON.stringify([name, candidate.kind]);
    const group = groups.get(key) ?? { name, members: [] };
    group.members.push(candidate);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function compareGroup(
  { name, members }: Group,
  series: ReadonlyMap<number, SeriesColumns>,
  { fromMs, toMs, tolerance }: OutlierQuestion,
): readonly Outlier[] {
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
