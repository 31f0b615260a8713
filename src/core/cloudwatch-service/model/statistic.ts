/** The statistics that can be asked for, and their values. */
import { findPercentile, listCells, type Aggregate } from './aggregate.ts';
import { CloudwatchError, mustBe } from './cloudwatch-error.ts';
import { countBetween, cutByRank, cutByValue, winsorize, type ValueRange } from './trimmed.ts';

export const PLAIN_STATISTICS = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'] as const;
export type PlainStatistic = (typeof PLAIN_STATISTICS)[number];

const TRIMMED_KINDS = ['TM', 'TC', 'TS', 'WM'] as const;
type TrimmedKind = (typeof TRIMMED_KINDS)[number];

export type Statistic =
  | { readonly kind: PlainStatistic }
  | { readonly kind: 'percentile'; readonly percent: number }
  /** Trimmed mean, count and sum, and winsorized mean; by percent of the samples or by their values. */
  | {
      readonly kind: TrimmedKind;
      readonly by: 'rank' | 'value';
      readonly range: ValueRange;
    }
  /** The percentage of the samples that lie in the range. */
  | { readonly kind: 'PR'; readonly range: ValueRange };

const PERCENT = '(?:\\d{1,2}(?:\\.\\d{0,10})?|100(?:\\.0{0,10})?)';
const NUMBER = '\\d+(?:\\.\\d{0,10})?(?:[Ee][+-]?\\d+)?';
const SHORT = new RegExp(`^(p|tm|tc|ts|wm)(${PERCENT})$`);
const BY_RANK = new RegExp(`^(TM|TC|TS|WM)\\((?:(${PERCENT})%)?:(?:(${PERCENT})%)?\\)$`);
const BY_VALUE = new RegExp(`^(TM|TC|TS|WM|PR)\\((${NUMBER})?:(${NUMBER})?\\)$`);

/** @throws CloudwatchError unless one of the five */
export function parsePlainStatistic(text: string, path: string): PlainStatistic {
  const found = PLAIN_STATISTICS.find((name) => name === text);
  if (found === undefined) throw mustBe(path, `be a value in the set [ ${PLAIN_STATISTICS.join(', ')} ]`);
  return found;
}

/**
 * A percentile (p99.9), a trimmed mean, count or sum, a winsorized mean (tm90, TC(10%:90%), TS(:80), wm95), the
 * interquartile mean (IQM) or a percentile rank (PR(10:200)).
 * @throws CloudwatchError for anything else
 */
export function parseExtendedStatistic(text: string, path: string): Statistic {
  const found = readExtended(text);
  if (found !== null) return found;
  throw new CloudwatchError(
    'InvalidParameterValue',
    `The value ${text.slice(0, 50)} for parameter ${path} is not a valid statistic.`,
  );
}

/** As GetMetricData's Stat: one of the five, or an extended one. */
export function parseStatistic(text: string, path: string): Statistic {
  const plain = PLAIN_STATISTICS.find((name) => name === text);
  return plain === undefined ? parseExtendedStatistic(text, path) : { kind: plain };
}

function readExtended(text: string): Statistic | null {
  if (text === 'IQM') return { kind: 'TM', by: 'rank', range: { above: 25, upTo: 75 } };
  const [, short, percent] = SHORT.exec(text) ?? [];
  if (short !== undefined) {
    if (short === 'p') return { kind: 'percentile', percent: Number(percent) };
    return readTrimmed(short.toUpperCase(), 'rank', { above: 0, upTo: Number(percent) });
  }
  const ranked = BY_RANK.exec(text);
  const valued = ranked === null ? BY_VALUE.exec(text) : null;
  const [, kind = '', above, upTo] = ranked ?? valued ?? [];
  if (above === undefined && upTo === undefined) return null;
  const [low, high] = ranked === null ? [-Infinity, Infinity] : [0, 100];
  const range = {
    above: above === undefined ? low : Number(above),
    upTo: upTo === undefined ? high : Number(upTo),
  };
  if (!(range.above < range.upTo)) return null;
  if (kind === 'PR') return { kind, range };
  return readTrimmed(kind, ranked === null ? 'value' : 'rank', range);
}

function readTrimmed(kind: string, by: 'rank' | 'value', range: ValueRange): Statistic | null {
  const found = TRIMMED_KINDS.find((name) => name === kind);
  return found === undefined ? null : { kind: found, by, range };
}

/** Whether the statistic needs the values one by one, not only their sum, count and extremes. */
export function needsValues({ kind }: Statistic): boolean {
  return !PLAIN_STATISTICS.some((name) => name === kind);
}

/** @returns null where data are needed value by value and are not known so, or where none is left of them */
export function computeStatistic(aggregate: Aggregate, statistic: Statistic): number | null {
  switch (statistic.kind) {
    case 'SampleCount':
      return aggregate.sampleCount;
    case 'Average':
      return aggregate.sum / aggregate.sampleCount;
    case 'Sum':
      return aggregate.sum;
    case 'Minimum':
      return aggregate.minimum;
    case 'Maximum':
      return aggregate.maximum;
    case 'percentile':
      return findPercentile(aggregate, statistic.percent);
    default:
      return computeOverValues(aggregate, statistic);
  }
}

function computeOverValues(
  aggregate: Aggregate,
  statistic: Extract<Statistic, { readonly range: ValueRange }>,
): number | null {
  const cells = listCells(aggregate);
  if (cells === null) return null;
  const { range } = statistic;
  if (statistic.kind === 'PR') {
    const all = cells.reduce((total, [, count]) => total + count, 0);
    return (100 * countBetween(cells, range)) / all;
  }
  const cut = statistic.by === 'rank' ? cutByRank(cells, range) : cutByValue(cells, range);
  const kept = statistic.kind === 'WM' ? winsorize(cells, cut) : cut;
  const [count, sum] = kept.reduce(
    ([n, total], [value, times]) => [n + times, total + value * times],
    [0, 0],
  );
  if (statistic.kind === 'TC') return count;
  if (statistic.kind === 'TS') return sum;
  return count === 0 ? null : sum / count;
}
