/** Operations of a replica that only the leader of its cluster can run: mutations, and queries that turn out to need it. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ReadAddress } from '../../../core/access/client-address.ts';
import { LeaderNeededError } from '../../../errors.ts';
import { readSqlState } from '../../../platform/postgres/outage.ts';
import { findOperation } from '../executor/find-operation.ts';
import { listRootFields } from './root-scopes.ts';

/** Whose operation it is, as the leader has to know it: by what the client sent. */
export interface Sender {
  /** Of the request, or of the one that opened the socket. */
  readonly headers: IncomingHttpHeaders;
  /** What limits count the client by. */
  readonly address: string;
}

export interface ForwardedOperation extends Sender {
  readonly query: string;
  readonly variables: unknown;
  readonly operationName: string | null;
}

/** Never rejects: where there is no leader the result is an error. */
export type ForwardOperation = (operation: ForwardedOperation) => Promise<ExecutionResult>;

/** What the plugin reads of the context. Over HTTP there is a request, over a socket its sender. */
interface Asked {
  readonly params: {
    readonly query?: string;
    readonly variables?: unknown;
    readonly operationName?: string | null;
  };
  readonly req?: IncomingMessage;
  readonly sender?: Sender;
}

/** What yoga's loosely typed arguments of an execution hold. */
interface Execution {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null;
  readonly contextValue?: unknown;
}

/** PostgreSQL refused to write: this replica only reads. */
const READ_ONLY_TRANSACTION = '25006';

/** To be listed behind what runs operations here: a mutation is not run here, but for those that only push points. */
export function forwardOperations(forward: ForwardOperation, readAddress: ReadAddress): Plugin {
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const { schema, document, operationName, contextValue } = args as Execution;
      const operation = findOperation(document, operationName ?? null);
      // The server made the context.
      const asked = describeAsked(contextValue as Asked, readAddress);
      if (operation instanceof GraphQLError || asked === null) return;
      if (operation.operation === OperationTypeNode.MUTATION) {
        if (!runsOnReplica(operation, { schema, document })) setExecuteFn(() => forward(asked));
        return;
      }
      const execute = executeFn as (given: object) => unknown;
      setExecuteFn(async (given: object) => {
        const result: unknown = await execute(given);
        return needsLeader(result) ? forward(asked) : result;
      });
    },
  };
}

/** Whether each field of the mutation says so: `extensions: { runsOnReplica: true }`. */
function runsOnReplica(
  { selectionSet }: OperationDefinitionNode,
  { schema, document }: Pick<Execution, 'schema' | 'document'>,
): boolean {
  const fields = schema.getMutationType()?.getFields() ?? {};
  return [...listRootFields(document, selectionSet)].every(
    (name) => name === '__typename' || fields[name]?.extensions.runsOnReplica === true,
  );
}

/** @returns null for what the server asks itself, such as panels */
function describeAsked({ params, req, sender }: Asked, readAddress: ReadAddress): ForwardedOperation | null {
  const from = req === undefined ? sender : { headers: req.headers, address: readAddress(req) };
  if (from === undefined) return null;
  const { query = '', variables, operationName = null } = params;
  return { ...from, query, variables, operationName };
}

function needsLeader(result: unknown): boolean {
  if (typeof result !== 'object' || result === null || !('errors' in result)) return false;
  return Array.isArray(result.errors) && result.errors.some(isLeaders);
}

function isLeaders(error: unknown): boolean {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError !== undefined) cause = cause.originalError;
  if (cause instanceof LeaderNeededError) return true;
  return cause instanceof Error && readSqlState(cause) === READ_ONLY_TRANSACTION;
}
