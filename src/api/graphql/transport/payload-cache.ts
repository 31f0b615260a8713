/** Results as JSON in bytes: one that many subscriptions share is written out once, whatever it is sent over. */
import {
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
} from 'graphql';

export interface Payload {
  /** The result as JSON. Shared: not to be written to. */
  readonly json: Buffer;
  /** The same and a closing brace, for messages whose last member it is. */
  readonly closed: Buffer;
}

export type WritePayload = (result: ExecutionResult) => Payload;

export function createPayloads(): WritePayload {
  const written = new WeakMap<ExecutionResult, Payload>();
  return (result) => {
    const known = written.get(result);
    if (known !== undefined) return known;
    const closed = Buffer.from(`${JSON.stringify(hideStatus(result))}}`);
    const payload = { json: closed.subarray(0, -1), closed };
    written.set(result, payload);
    return payload;
  };
}

/** Status and headers mean nothing once a stream has begun. */
export function hideHttp(error: GraphQLFormattedError): GraphQLFormattedError {
  return { ...error, extensions: withoutHttp(error) };
}

export function withoutHttp({ extensions = {} }: Pick<GraphQLFormattedError, 'extensions'>) {
  return Object.fromEntries(Object.entries(extensions).filter(([name]) => name !== 'http'));
}

/** The result as it is sent where there is no status. */
export function hideStatus(result: ExecutionResult): FormattedExecutionResult {
  if (result.errors === undefined) return result as FormattedExecutionResult; // nothing of it is to be formatted
  const errors = result.errors.map((error) =>
    hideHttp(error instanceof GraphQLError ? error.toJSON() : error),
  );
  return { ...result, errors };
}
