/** Why a query has no answer, as the HTTP API of Prometheus says it. */

/**
 * bad_data: the query or a parameter is wrong. execution: it is right, and cannot be answered here: not supported, too
 * large, or two series would be one. timeout: it took too long.
 */
export type PromqlErrorType = 'bad_data' | 'execution' | 'timeout';

export class PromqlError extends Error {
  override readonly name = 'PromqlError';
  readonly type: PromqlErrorType;
  constructor(type: PromqlErrorType, message: string) {
    super(message);
    this.type = type;
  }
}
