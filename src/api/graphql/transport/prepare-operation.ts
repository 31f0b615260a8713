/** One operation over a socket, made ready by yoga's pipeline. */
import { type DocumentNode, type ExecutionArgs, GraphQLError, type GraphQLSchema } from 'graphql';
import type { OperationResult, SubscribePayload } from 'graphql-ws';
import type { YogaServerInstance } from 'graphql-yoga';
import type { Caller } from '../../../core/access/caller.ts';
import { findOperation } from '../executor/find-operation.ts';
import type { Sender } from '../server/forward-operations.ts';

export type GetEnveloped = YogaServerInstance<{ caller: Caller }, object>['getEnveloped'];

/** How one operation is run: yoga's plugins may have a say in it. */
export interface Runner {
  readonly execute: (args: ExecutionArgs) => OperationResult;
  readonly subscribe: (args: ExecutionArgs) => OperationResult;
}

/** What yoga gives for one operation; its own type says `any`. */
export interface Pipeline extends Runner {
  readonly schema: GraphQLSchema;
  readonly parse: (source: string) => DocumentNode;
  readonly validate: (schema: GraphQLSchema, document: DocumentNode) => readonly GraphQLError[];
  readonly contextFactory: () => unknown;
}

/** Parses and validates, and makes the context. */
export async function prepareOperation(
  getEnveloped: GetEnveloped,
  caller: Caller,
  payload: SubscribePayload,
  /** What yoga's plugins may read of the context, beside the caller and the parameters. */
  surroundings: {
    /** Where it comes from, in the server's own monitoring, where that is no WebSocket. */
    readonly origin?: string;
    /** Whose it is; absent where nobody outside asks. */
    readonly sender?: Sender;
  } = {},
): Promise<{ args: ExecutionArgs; runner: Runner } | { errors: readonly GraphQLError[] }> {
  // An empty name is none, as over HTTP.
  const operationName = payload.operationName === '' ? null : (payload.operationName ?? null);
  const pipeline: Pipeline = getEnveloped({
    params: { ...payload, operationName },
    caller,
    ...surroundings,
  });
  const { schema, parse, validate, contextFactory, execute, subscribe } = pipeline;
  const document = parse(payload.query);
  const errors = validate(schema, document);
  if (errors.length > 0) return { errors };
  // graphql-ws looks for the operation itself, and says only that there is none.
  const operation = findOperation(document, operationName);
  if (operation instanceof GraphQLError) return { errors: [operation] };
  const args = {
    schema,
    document,
    operationName,
    variableValues: payload.variables ?? null,
    contextValue: await contextFactory(),
  };
  return { args, runner: { execute, subscribe } };
}
