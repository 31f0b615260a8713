/** The points the server's own monitoring is made of: one per request, one more per failed one, one per licence check. */
import { randomInt } from 'node:crypto';
import type { Judgement } from '../../model.ts';

/** Tags are indexed where they are stored: few values each. Fields are not. */
export interface MonitorPoint {
  /** What InfluxDB calls the measurement. */
  readonly series: 'requests' | 'errors' | 'licensing' | 'anomaly';
  /** Nanoseconds since 1970. */
  readonly timeNs: bigint;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

/** Takes a point without ever waiting or throwing. */
export type WriteMonitorPoint = (point: MonitorPoint) => void;

const SERVICE = 'lapwing';

/** What is known of a request when it has ended. */
export interface EndedRequest {
  readonly timeNs: bigint;
  readonly requestId: string;
  /** METHOD:/path, followed by the operation where there is one. Never what a client wrote freely. */
  readonly route: string;
  readonly statusCode: number;
  /** Null for one that did not fail. */
  readonly errorCode: string | null;
  readonly executionSeconds: number;
  /** What its handler added. */
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: MonitorPoint['fields'];
}

/** The point of the request, and the one of its failure. */
export function describeRequest(request: EndedRequest): readonly MonitorPoint[] {
  const point = describePoint(request);
  const { errorCode } = request;
  if (errorCode === null) return [point];
  return [point, { ...point, series: 'errors', tags: { ...point.tags, error_code: errorCode } }];
}

function describePoint(request: EndedRequest): MonitorPoint {
  const { timeNs, tags, fields, requestId, route, statusCode, executionSeconds } = request;
  return {
    series: 'requests',
    timeNs,
    // The handler's own come first: none of ours can be replaced.
    tags: { ...tags, service: SERVICE, route, status_code: String(statusCode) },
    fields: { ...fields, request_id: requestId, execution_time: executionSeconds },
  };
}

/** What a look at the licence says. */
export interface LicensePoint {
  readonly timeNs: bigint;
  readonly status: 'ok' | 'warning' | 'error';
  /** Whole days until it ends, negative afterwards; null for one that never ends. */
  readonly restDays: number | null;
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

export function describeLicense({ timeNs, status, restDays, warnings, errors }: LicensePoint): MonitorPoint {
  return {
    series: 'licensing',
    timeNs,
    tags: { service: SERVICE, license_status: status },
    fields: {
      ...(restDays === null ? {} : { license_period_rest: restDays }),
      warnings: warnings.length,
      errors: errors.length,
      ...(warnings.length + errors.length === 0 ? {} : { message: [...errors, ...warnings].join('; ') }),
    },
  };
}

/** Nanoseconds of a millisecond that are left for the requests after its first one. */
const FOLLOWING_NS = 100_000;

/**
 * Times in nanoseconds, no two alike: where points are stored, one of the same series, tags and time replaces the
 * other. Each millisecond is begun anywhere within it, so that other members of a cluster, and this one after its clock
 * went back, have other times.
 */
export function createNanoClock(now: () => number = Date.now): () => bigint {
  let lastMs = 0;
  let within = 0;
  return () => {
    const ms = Math.floor(now());
    within = ms === lastMs ? within + 1 : randomInt(1_000_000 - FOLLOWING_NS);
    lastMs = ms;
    return BigInt(ms) * 1_000_000n + BigInt(within);
  };
}

/** One judged sample. */
export interface ScorePoint extends Omit<Judgement, 'view' | 'phase'> {
  readonly timestampMs: number;
  readonly value: number;
}

/** Timed as its sample, so that one written twice is one. */
export function describeScore(
  { timestampMs, value, score, rawScore, ...rest }: ScorePoint,
  metric: {
    readonly id: string;
    readonly name: string;
    readonly server: string;
    readonly datasource: string;
  },
): MonitorPoint {
  const { expected, low, high, provisional, episode } = rest;
  return {
    series: 'anomaly',
    timeNs: BigInt(Math.floor(timestampMs)) * 1_000_000n,
    tags: {
      service: SERVICE,
      metric: metric.name,
      metric_id: metric.id,
      server: metric.server,
      datasource: metric.datasource,
    },
    fields: { value, score, raw_score: rawScore, expected, low, high, provisional, episode },
  };
}
