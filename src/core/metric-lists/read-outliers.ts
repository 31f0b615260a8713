/** The members of a group that behave unlike the others: metrics of the same name on several resources. */
import type pg from 'pg';
import { InvalidInputError } from '../../errors.ts';
import { chooseBarRange, DEFAULT_WINDOW } from '../bars/bar-window.ts';
import {
  compareGroups,
  groupAlike,
  SELECT_CANDIDATE,
  type Candidate,
  type Compared,
  type Comparison,
} from './compare-groups.ts';
import { listMetricConditions, type MetricSelection } from './select-metrics.ts';

/** In one comparison, over all groups. */
export const MAX_COMPARED = 200;

export interface OutlierQuestion extends Comparison {
  readonly selection: MetricSelection;
  /** A member that is too far from the others at this share of the intervals is an outlier; in (0, 1]. */
  readonly minShare: number;
}

export interface OutlierComparison {
  /** The most deviating first. */
  readonly outliers: readonly Compared[];
  readonly comparedCount: number;
  readonly groupCount: number;
  /** Metrics without enough others like them, or without samples at the same times as these. */
  readonly tooFewCount: number;
}

/** @throws InvalidInputError for a selection of more than MAX_COMPARED metrics. Four statements at most. */
export async function readOutliers(pool: pg.Pool, question: OutlierQuestion): Promise<OutlierComparison> {
  const candidates = await readCandidates(pool, question.selection);
  const compared = await compareGroups(pool, groupAlike(candidates), question);
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
    `${SELECT_CANDIDATE} WHERE ${listMetricConditions(selection, now, bind).join(' AND ')}
     ORDER BY m.name, m.number LIMIT ${bind(MAX_COMPARED + 1)}`,
    values,
  );
  if (rows.length <= MAX_COMPARED) return rows;
  throw new InvalidInputError(
    `filter: expected a choice of at most ${MAX_COMPARED} metrics, got more; name the metric (names, namePattern) or a tag`,
    ['filter'],
  );
}
