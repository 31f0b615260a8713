/** The limits of the API, and how each refuses: its name, what it allows, what was seen, the setting that changes it. */
import { GraphQLError } from 'graphql';
import type { ErrorCode } from '../../../errors.ts';
import type { Reason, Stats } from '../../../platform/telemetry/metrics.ts';

/** Which limit. Each is counted under this name. */
type LimitName = Reason<'requests_over_limit'>;

/** Codes for programs, and the environment variables. */
const LIMITS: Readonly<Record<LimitName, { readonly code: ErrorCode; readonly setting: string }>> = {
  body: { code: 'REQUEST_ENTITY_TOO_LARGE', setting: 'LAPWING_MAX_BODY_BYTES' },
  tokens: { code: 'TOO_MANY_TOKENS', setting: 'LAPWING_MAX_TOKENS' },
  document_bytes: { code: 'DOCUMENT_TOO_LARGE', setting: 'LAPWING_MAX_DOCUMENT_BYTES' },
  fields: { code: 'TOO_MANY_FIELDS', setting: 'LAPWING_MAX_FIELDS' },
  field_pairs: { code: 'TOO_MANY_FIELD_PAIRS', setting: 'LAPWING_MAX_FIELD_PAIRS' },
  depth: { code: 'TOO_DEEP', setting: 'LAPWING_MAX_DEPTH' },
  aliases: { code: 'TOO_MANY_ALIASES', setting: 'LAPWING_MAX_ALIASES' },
  root_fields: { code: 'TOO_MANY_ROOT_FIELDS', setting: 'LAPWING_MAX_ROOT_FIELDS' },
  directives: { code: 'TOO_MANY_DIRECTIVES', setting: 'LAPWING_MAX_DIRECTIVES' },
  page: { code: 'PAGE_TOO_LARGE', setting: 'LAPWING_MAX_PAGE_ROWS' },
  batch: { code: 'BATCH_TOO_LARGE', setting: 'LAPWING_MAX_BATCH_ITEMS' },
  cost: { code: 'TOO_EXPENSIVE', setting: 'LAPWING_MAX_COST' },
  rate: { code: 'TOO_MANY_REQUESTS', setting: 'LAPWING_MAX_OPERATIONS_PER_SECOND' },
  operations: { code: 'TOO_MANY_OPERATIONS', setting: 'LAPWING_MAX_OPERATIONS' },
  connections: { code: 'TOO_MANY_CONNECTIONS', setting: 'LAPWING_MAX_CONNECTIONS' },
  time: { code: 'TOOK_TOO_LONG', setting: 'LAPWING_OPERATION_SECONDS' },
};

export interface Excess {
  readonly limit: LimitName;
  readonly allowed: number;
  /** A number, or words where counting stopped early. */
  readonly seen: number | string;
  /** Where, when the name of the limit does not say it: input.points */
  readonly place?: string;
  /** Status and headers of an answer over HTTP; 400 when left out. */
  readonly http?: { readonly status: number; readonly headers?: Readonly<Record<string, string>> };
}

/** Counts what is refused, and makes the error that says why. */
export type Refuse = (excess: Excess) => GraphQLError;

export function createRefuse(stats: Pick<Stats, 'countReason'>): Refuse {
  return ({ limit, allowed, seen, place, http = { status: 400 } }) => {
    stats.countReason('requests_over_limit', limit);
    const { code, setting } = LIMITS[limit];
    const name = place ?? limit.replace('_', ' ');
    const shown = clamp(seen);
    return new GraphQLError(`${name}: expected at most ${allowed}, got ${shown} (${setting})`, {
      extensions: { code, limit: name, allowed, seen: shown, http: alwaysGiven(http) },
    });
  };
}

/**
 * A status that is given whatever type of answer the client asked for. Yoga marks errors of parsing and validation as
 * ones of the specification, and answers those with 200 to clients of old: ours do not let themselves be marked.
 */
function alwaysGiven<T extends object>(http: T): T {
  return Object.defineProperty({ ...http }, 'spec', { get: () => false, set: () => undefined });
}

/** Fragments within fragments multiply beyond what a number holds, and JSON knows no infinity. */
function clamp(seen: number | string): number | string {
  return typeof seen === 'string' ? seen : Math.min(Math.ceil(seen), Number.MAX_SAFE_INTEGER);
}
