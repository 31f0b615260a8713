/** Every failure a caller can expect, one class each, with the code the API shows. Imports nothing of ours. */

/** Of failures that are part of an answer: types that implement Error, rejected points. */
export const FAILURE_CODES = [
  'NOT_FOUND',
  'ALREADY_MONITORED',
  'NOT_SUPPORTED',
  'INVALID_INPUT',
  'DUPLICATE_NAME',
  'TOO_MANY_RESOURCES',
  'QUOTA_EXCEEDED',
  'SOURCE_UNAVAILABLE',
  'RETRY_LATER',
  'METRIC_FAILED',
  'INTERNAL_SERVER_ERROR',
  'CURSOR_INVALID',
  'CURSOR_EXPIRED',
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** Every code there is in an answer: those of failures, and those of a GraphQL error's `extensions.code` alone. */
export const ERROR_CODES = [
  ...FAILURE_CODES,
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'DOCUMENT_NOT_TRUSTED',
  'NOT_ACCEPTABLE',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'MISDIRECTED',
  'REQUEST_ENTITY_TOO_LARGE',
  'DOCUMENT_TOO_LARGE',
  'TOO_MANY_TOKENS',
  'TOO_MANY_FIELDS',
  'TOO_MANY_FIELD_PAIRS',
  'TOO_DEEP',
  'TOO_MANY_ALIASES',
  'TOO_MANY_ROOT_FIELDS',
  'TOO_MANY_DIRECTIVES',
  'PAGE_TOO_LARGE',
  'BATCH_TOO_LARGE',
  'TOO_EXPENSIVE',
  'TOO_MANY_REQUESTS',
  'TOO_MANY_OPERATIONS',
  'TOO_MANY_CONNECTIONS',
  'TOOK_TOO_LONG',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** A replica of a cluster cannot do this itself: the operation is passed on to the leader. Not seen by callers. */
export class LeaderNeededError extends Error {
  override readonly name = 'LeaderNeededError';
  constructor() {
    super('only the leader of the cluster can do this');
  }
}

/**
 * What the operator can fix: a setting, a right, a file, the network. The message says what is wrong and what to do, and
 * is all that is printed.
 */
export abstract class OperatorError extends Error {
  /** What the command line ends with: 2 where what it was given cannot be understood. */
  readonly exitStatus: 1 | 2 = 1;
}

/** What a caller can expect to go wrong; anything else thrown is a bug of ours. */
export abstract class ExpectedError extends Error {
  abstract readonly code: FailureCode;
}

export class NotFoundError extends ExpectedError {
  override readonly name = 'NotFoundError';
  readonly code = 'NOT_FOUND';
}

export class AlreadyMonitoredError extends ExpectedError {
  override readonly name = 'AlreadyMonitoredError';
  readonly code = 'ALREADY_MONITORED';
  /** Uuid of the metric that is monitored already. */
  readonly metricId: string;
  constructor(message: string, metricId: string) {
    super(message);
    this.metricId = metricId;
  }
}

export class NotSupportedError extends ExpectedError {
  override readonly name = 'NotSupportedError';
  readonly code = 'NOT_SUPPORTED';
}

export class InvalidInputError extends ExpectedError {
  override readonly name = 'InvalidInputError';
  readonly code = 'INVALID_INPUT';
  /**
   * Where in the input, from the outside in: ["input", "model", "min"]. Not called `path`: GraphQL takes an error with
   * a `path` for one of its own and would leave out where in the answer it belongs.
   */
  readonly inputPath: readonly string[];
  constructor(message: string, inputPath: readonly string[]) {
    super(message);
    this.inputPath = inputPath;
  }

  /** One whose message begins with where in the input it is. @param within what holds `path`, when that goes unsaid */
  static at(path: readonly string[], problem: string, within: readonly string[] = []): InvalidInputError {
    return new InvalidInputError(`${path.join('.')}: ${problem}`, [...within, ...path]);
  }
}

export class DuplicateNameError extends ExpectedError {
  override readonly name = 'DuplicateNameError';
  readonly code = 'DUPLICATE_NAME';
}

/** A group that would have more members than a group may have. */
export class TooManyResourcesError extends ExpectedError {
  override readonly name = 'TooManyResourcesError';
  readonly code = 'TOO_MANY_RESOURCES';
  readonly limit: number;
  readonly count: number;
  constructor(message: string, limit: number, count: number) {
    super(message);
    this.limit = limit;
    this.count = count;
  }
}

export class QuotaExceededError extends ExpectedError {
  override readonly name = 'QuotaExceededError';
  readonly code = 'QUOTA_EXCEEDED';
  readonly limit: number;
  readonly count: number;
  constructor(message: string, limit: number, count: number) {
    super(message);
    this.limit = limit;
    this.count = count;
  }
}

/** The outside world (AWS, InfluxDB, Prometheus) cannot be asked just now. */
export class SourceUnavailableError extends ExpectedError {
  override readonly name = 'SourceUnavailableError';
  readonly code = 'SOURCE_UNAVAILABLE';
}

/** A bounded queue is full or the database is away; the same request may succeed in a moment. */
export class RetryLaterError extends ExpectedError {
  override readonly name = 'RetryLaterError';
  readonly code = 'RETRY_LATER';
}

/** The server fails on one metric, by a fault of its own: its points are not stored, and it shows why. */
export class MetricFailedError extends ExpectedError {
  override readonly name = 'MetricFailedError';
  readonly code = 'METRIC_FAILED';
}

/** One item of many that met a bug of ours: the message says where the log has it, the other items were done. */
export class InternalError extends ExpectedError {
  override readonly name = 'InternalError';
  readonly code = 'INTERNAL_SERVER_ERROR';
}

/** A cursor that is not of this database's log, or is ahead of it. */
export class CursorInvalidError extends ExpectedError {
  override readonly name = 'CursorInvalidError';
  readonly code = 'CURSOR_INVALID';
}

/** A cursor whose successors may have been dropped by retention. */
export class CursorExpiredError extends ExpectedError {
  override readonly name = 'CursorExpiredError';
  readonly code = 'CURSOR_EXPIRED';
}
