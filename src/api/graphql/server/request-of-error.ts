/** Which request an error came of. What masks errors gets nothing else, and the log has to name the request. */
import type { Plugin } from 'graphql-yoga';

export interface RequestsOfErrors {
  readonly plugin: Plugin;
  /** Null for an error that no operation failed with. */
  readonly find: (error: unknown) => string | null;
}

/** @param readRequestId of the context of an operation */
export function createRequestsOfErrors(readRequestId: (context: object) => string | null): RequestsOfErrors {
  const known = new WeakMap<object, string>();
  return {
    plugin: {
      onExecute: ({ args }) => ({
        onExecuteDone: ({ result }) => {
          const errors = listErrors(result);
          const id = errors.length === 0 ? null : readRequestId(args.contextValue);
          if (id !== null) for (const error of errors) known.set(error, id);
        },
      }),
    },
    find: (error) => (typeof error === 'object' && error !== null ? (known.get(error) ?? null) : null),
  };
}

/** Of an answer; a stream has none of its own. */
function listErrors(result: unknown): readonly object[] {
  if (typeof result !== 'object' || result === null || !('errors' in result)) return [];
  // What graphql gives: a list of errors.
  return Array.isArray(result.errors) ? (result.errors as object[]) : [];
}
