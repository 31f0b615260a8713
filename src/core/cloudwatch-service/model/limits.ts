/** The limits of the service. The defaults are AWS' of today; every one can be set. */
import { fitAnswer } from '../../../platform/runtime/heap-share.ts';

export interface CloudwatchLimits {
  /** Data in one PutMetricData. */
  readonly dataPerRequest: number;
  readonly dimensionsPerMetric: number;
  /** Distinct values in one datum's Values. */
  readonly valuesPerDatum: number;
  /** How old a datum may be, and how far ahead. */
  readonly pastSeconds: number;
  readonly futureSeconds: number;
  /** Whether PutMetricData may write to namespaces that begin with AWS/. */
  readonly awsNamespaces: boolean;
  /** Data that may wait to be committed before PutMetricData answers Throttling. */
  readonly queuedData: number;
  /** Sustained requests per second of one account, and how many may come at once. */
  readonly requestsPerSecond: number;
  readonly requestBurst: number;
  /** A request's body as received, and after gunzip. */
  readonly bodyBytes: number;
  readonly inflatedBytes: number;
  readonly statisticsPoints: number;
  readonly dataQueries: number;
  /** Points in one page of GetMetricData: the default and the most. */
  readonly dataPoints: number;
  /** Points one request may hold at once, those of searches and of what expressions need too: 250 bytes each. */
  readonly heldPoints: number;
  readonly listedMetrics: number;
  /** Series one SEARCH gives; of more, the first. */
  readonly searchedSeries: number;
  readonly alarmsPerAccount: number;
  readonly detectorsPerAccount: number;
}

const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3_600;
const MIB = 1_048_576;

export const AWS_LIMITS: CloudwatchLimits = {
  dataPerRequest: 1_000,
  dimensionsPerMetric: 30,
  valuesPerDatum: 150,
  pastSeconds: 14 * DAY_SECONDS + 2 * HOUR_SECONDS,
  futureSeconds: 2 * HOUR_SECONDS,
  awsNamespaces: false,
  queuedData: 200_000,
  requestsPerSecond: 500,
  requestBurst: 1_000,
  bodyBytes: MIB,
  inflatedBytes: 4 * MIB,
  statisticsPoints: 1_440,
  dataQueries: 500,
  dataPoints: 100_800,
  heldPoints: Math.min(1_000_000, fitAnswer(250)),
  listedMetrics: 500,
  searchedSeries: 500,
  alarmsPerAccount: 5_000,
  detectorsPerAccount: 500,
};
