/** The limits of the API, and how each refuses: its name, what it allows, what was seen, the setting that changes it, what to do. */
import { GraphQLError } from 'graphql';
import type { ErrorCode } from '../../../errors.ts';
import type { Reason, Stats } from '../../../platform/telemetry/metrics.ts';

/** Which limit. Each is counted under this name. */
type LimitName = Reason<'requests_over_limit'>;

interface Limit {
  /** For programs. */
  readonly code: ErrorCode;
  /** The environment variable that changes it. */
  readonly setting: string;
  /** What the caller can do about it. */
  readonly advice: string;
}

const LIMITS: Readonly<Record<LimitName, Limit>> = {
  body: { code: 'REQUEST_ENTITY_TOO_LARGE', setting: 'LAPWING_MAX_BODY_BYTES', advice: 'send it in parts' },
  tokens: { code: 'TOO_MANY_TOKENS', setting: 'LAPWING_MAX_TOKENS', advice: 'split the document' },
  document_bytes: {
    code: 'DOCUMENT_TOO_LARGE',
    setting: 'LAPWING_MAX_DOCUMENT_BYTES',
    advice: 'split the document',
  },
  fields: { code: 'TOO_MANY_FIELDS', setting: 'LAPWING_MAX_FIELDS', advice: 'split the operation' },
  field_pairs: {
    code: 'TOO_MANY_FIELD_PAIRS',
    setting: 'LAPWING_MAX_FIELD_PAIRS',
    advice: 'select each field once in a place',
  },
  depth: {
    code: 'TOO_DEEP',
    setting: 'LAPWING_MAX_DEPTH',
    advice: 'select fewer levels, and read what lies deeper by its id',
  },
  aliases: { code: 'TOO_MANY_ALIASES', setting: 'LAPWING_MAX_ALIASES', advice: 'split the operation' },
  root_fields: {
    code: 'TOO_MANY_ROOT_FIELDS',
    setting: 'LAPWING_MAX_ROOT_FIELDS',
    advice: 'split the operation',
  },
  directives: {
    code: 'TOO_MANY_DIRECTIVES',
    setting: 'LAPWING_MAX_DIRECTIVES',
    advice: 'split the operation',
  },
  page: {
    code: 'PAGE_TOO_LARGE',
    setting: 'LAPWING_MAX_PAGE_ROWS',
    advice: 'ask for fewer at once; pages go on with their endCursor',
  },
  batch: { code: 'BATCH_TOO_LARGE', setting: 'LAPWING_MAX_BATCH_ITEMS', advice: 'send the list in parts' },
  cost: {
    code: 'TOO_EXPENSIVE',
    setting: 'LAPWING_MAX_COST',
    advice: 'ask for smaller pages, or select less of each row',
  },
  rate: {
    code: 'TOO_MANY_REQUESTS',
    setting: 'LAPWING_MAX_OPERATIONS_PER_SECOND',
    advice: 'send fewer requests a second',
  },
  operations: {
    code: 'TOO_MANY_OPERATIONS',
    setting: 'LAPWING_MAX_OPERATIONS',
    advice: 'complete those that are not needed, or open another socket',
  },
  connections: {
    code: 'TOO_MANY_CONNECTIONS',
    setting: 'LAPWING_MAX_CONNECTIONS',
    advice: 'close those that are not needed',
  },
  time: { code: 'TOOK_TOO_LONG', setting: 'LAPWING_OPERATION_SECONDS', advice: 'ask for less at once' },
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
    const { code, setting, advice } = LIMITS[limit];
    const name = place ?? limit.replace('_', ' ');
    const shown = clamp(seen);
    return new GraphQLError(`${name}: expected at most ${allowed}, got ${shown} (${setting}); ${advice}`, {
      extensions: { code, limit: name, allowed, seen: shown, setting, advice, http: alwaysGiven(http) },
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
