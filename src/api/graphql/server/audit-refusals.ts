/** Puts mutations that were refused before they ran into the audit log: beyond a limit, or with variables that do not fit. */
import {
  type DefinitionNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  OperationTypeNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { AuditLog } from '../../../core/access/audit-log.ts';
import type { Caller } from '../../../core/access/caller.ts';
import { listNeededScopes } from './root-scopes.ts';

/** What both hooks read of the context. */
interface Asked {
  readonly caller: Caller;
}

/** What yoga's loosely typed arguments of an execution hold. */
interface Execution {
  readonly document: DocumentNode;
  readonly operationName?: string | null;
  readonly contextValue?: unknown;
}

/** To be listed after the limits and the rights, which write their own, and before the limit in time. */
export function auditRefusals(
  schema: GraphQLSchema,
  options: { readonly audit: AuditLog; readonly readRequestId: (context: object) => string | null },
): Plugin {
  const { audit, readRequestId } = options;
  const note = async (
    asked: Asked,
    document: DocumentNode,
    name: string | null | undefined,
    code: string,
  ) => {
    const { caller } = asked;
    const requestId = readRequestId(asked);
    for (const field of listMutations(schema, document, name)) {
      await audit.write({ caller, field, arguments: {}, result: code, requestId });
    }
  };
  return {
    onValidate({ context, params }) {
      const asked = readAsked(context);
      // What the parser gave: envelop leaves it untyped.
      const document = params.documentAST as DocumentNode;
      // Whatever the client wrote.
      const name: unknown = context.params.operationName;
      return ({ result }) => {
        const code = findLimitCode(result);
        if (code === null) return;
        // The hook cannot wait; a write never fails.
        void note(asked, document, typeof name === 'string' ? name : null, code);
      };
    },
    onExecute({ args, executeFn, setExecuteFn }) {
      const { document, operationName, contextValue } = args as Execution;
      if (!document.definitions.some(isMutation)) return;
      const execute = executeFn as (given: object) => unknown;
      setExecuteFn(async (given: object) => {
        const result: unknown = await execute(given);
        const code = findRefusalCode(result);
        if (code !== null) await note(readAsked(contextValue), document, operationName, code);
        return result;
      });
    },
  };
}

function isMutation(definition: DefinitionNode): boolean {
  return definition.kind === Kind.OPERATION_DEFINITION && definition.operation === OperationTypeNode.MUTATION;
}

/** The server made the context, caller and all: see server.ts. */
function readAsked(context: unknown): Asked {
  return context as Asked;
}

/** Known ones alone: the document may not have been validated. Those that push points are only counted. */
function listMutations(schema: GraphQLSchema, document: DocumentNode, name: string | null | undefined) {
  const known = schema.getMutationType()?.getFields() ?? {};
  return listNeededScopes(schema, document, name)
    .filter(({ field, scope }) => field.startsWith('mutation ') && scope !== 'INGEST')
    .map(({ field }) => field.replace('mutation ', ''))
    .filter((field) => Object.hasOwn(known, field));
}

/** The code of the limit that refused it; null when none did. */
function findLimitCode(errors: readonly unknown[]): string | null {
  for (const error of errors) {
    if (!(error instanceof GraphQLError) || error.extensions.limit === undefined) continue;
    return typeof error.extensions.code === 'string' ? error.extensions.code : 'OVER_LIMIT';
  }
  return null;
}

/** The code of what has not run: without data, not even null, no field was begun. */
function findRefusalCode(result: unknown): string | null {
  if (typeof result !== 'object' || result === null || !('errors' in result) || 'data' in result) return null;
  const [error] = Array.isArray(result.errors) ? (result.errors as unknown[]) : [];
  const code = error instanceof GraphQLError ? error.extensions.code : null;
  return typeof code === 'string' ? code : 'BAD_USER_INPUT';
}
