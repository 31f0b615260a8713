/** The limits of the API, and how each refuses: its name, what it allows, what was seen, the setting that changes it, what to do. */
import { GraphQLError } from 'graphql';
import type { ErrorCode } from '../../../errors.ts';
import type { Reason, Stats } from '../../../platform/telemetry/metrics.ts';

/** Which limit. Each is counted under this name. */
type LimitName = Reason<'requests_over_limit'>;

/** For programs; the environment variable that changes it; what the caller can do about it. */
type Limit = readonly [code: ErrorCode, setting: string, advice: string];

const LIMITS: Readonly<Record<LimitName, Limit>> = {
  body: ['REQUEST_ENTITY_TOO_LARGE', 'LAPWING_MAX_BODY_BYTES', 'send it in parts'],
  tokens: ['TOO_MANY_TOKENS', 'LAPWING_MAX_TOKENS', 'split the document'],
  document_bytes: ['DOCUMENT_TOO_LARGE', 'LAPWING_MAX_DOCUMENT_BYTES', 'split the document'],
  fields: ['TOO_MANY_FIELDS', 'LAPWING_MAX_FIELDS', 'split the operation'],
  field_pairs: ['TOO_MANY_FIELD_PAIRS', 'LAPWING_MAX_FIELD_PAIRS', 'select each field once in a place'],
  depth: ['TOO_DEEP', 'LAPWING_MAX_DEPTH', 'select fewer levels, and read what lies deeper by its id'],
  aliases: ['TOO_MANY_ALIASES', 'LAPWING_MAX_ALIASES', 'split the operation'],
  root_fields: ['TOO_MANY_ROOT_FIELDS', 'LAPWING_MAX_ROOT_FIELDS', 'split the operation'],
  directives: ['TOO_MANY_DIRECTIVES', 'LAPWING_MAX_DIRECTIVES', 'split the operation'],
  page: [
    'PAGE_TOO_LARGE',
    'LAPWING_MAX_PAGE_ROWS',
    'ask for fewer at once; pages go on with their endCursor',
  ],
  batch: ['BATCH_TOO_LARGE', 'LAPWING_MAX_BATCH_ITEMS', 'send the list in parts'],
  cost: ['TOO_EXPENSIVE', 'LAPWING_MAX_COST', 'ask for smaller pages, or select less of each row'],
  rate: ['TOO_MANY_REQUESTS', 'LAPWING_MAX_OPERATIONS_PER_SECOND', 'send fewer requests a second'],
  operations: [
    'TOO_MANY_OPERATIONS',
    'LAPWING_MAX_OPERATIONS',
    'complete those that are not needed, or open another socket; send a batch in parts',
  ],
  connections: ['TOO_MANY_CONNECTIONS', 'LAPWING_MAX_CONNECTIONS', 'close those that are not needed'],
  time: ['TOOK_TOO_LONG', 'LAPWING_OPERATION_SECONDS', 'ask for less at once'],
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
    const [code, setting, advice] = LIMITS[limit];
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
