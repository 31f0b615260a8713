/** Whether a caller may run an operation: checked before it is executed, over every transport alike. */
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { AuditLog } from '../../../core/access/audit-log.ts';
import { type Caller, describeLoss, mayDo } from '../../../core/access/caller.ts';
import type { Callers } from '../../../core/access/callers.ts';
import type { ErrorCode } from '../../../errors.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import { endWithRights } from './end-when-revoked.ts';
import { listNeededScopes, type NeededScope } from './root-scopes.ts';

/** What the plugin reads of the context. HTTP puts the request there. */
interface Asked {
  readonly caller: Caller;
  readonly req?: object;
}

export function checkRights(
  schema: GraphQLSchema,
  options: {
    readonly callers: Callers;
    readonly audit: AuditLog;
    readonly stats: Stats;
    readonly readRequestId: (context: object) => string | null;
  },
): Plugin {
  const { callers, audit, stats } = options;
  const neededOf = rememberScopes(schema);

  const findRefusal = async ({ document, operationName, contextValue }: ExecutionArgs) => {
    const context = readAsked(contextValue);
    const { caller } = context;
    if (!callers.isStill(caller)) {
      stats.countReason('requests_refused', 'wrong_key');
      return refuse(401, 'UNAUTHENTICATED', describeLoss(caller));
    }
    const missing = neededOf(document, operationName).filter(({ scope }) => !mayDo(caller, scope));
    const [first] = missing;
    if (first === undefined) return null;
    stats.countReason('requests_refused', 'missing_scope');
    for (const { field } of missing.filter((needed) => needed.field.startsWith('mutation '))) {
      const name = field.replace('mutation ', '');
      const requestId = options.readRequestId(context);
      await audit.write({ caller, field: name, arguments: {}, result: 'FORBIDDEN', requestId });
    }
    return refuse(403, 'FORBIDDEN', describe(first, caller));
  };

  return {
    onExecute: async ({ args, setResultAndStopExecution }) => {
      const refusal = await findRefusal(args);
      if (refusal !== null) setResultAndStopExecution(refusal);
    },
    onSubscribe: async ({ args, setResultAndStopExecution }) => {
      const refusal = await findRefusal(args);
      if (refusal !== null) {
        setResultAndStopExecution(refusal);
        return;
      }
      const { caller, req } = readAsked(args.contextValue);
      // Over WebSocket the socket itself is closed: see socket-protocol.ts.
      if (req === undefined) return;
      return {
        onSubscribeResult: ({ result, setResult }) => {
          if (Symbol.asyncIterator in result) {
            setResult(
              endWithRights(result as AsyncIterable<ExecutionResult>, {
                watch: (end) => callers.watch(caller, end),
                describe: () => describeLoss(caller),
              }),
            );
          }
        },
      };
    },
  };
}

/** The server made the context, caller and all: see server.ts. */
function readAsked(context: unknown): Asked {
  return context as Asked;
}

/** Documents are parsed once and kept: so is what they need. */
function rememberScopes(schema: GraphQLSchema) {
  const known = new WeakMap<DocumentNode, Map<string, readonly NeededScope[]>>();
  return (document: DocumentNode, operationName: string | null | undefined) => {
    const ofDocument = known.get(document) ?? new Map<string, readonly NeededScope[]>();
    known.set(document, ofDocument);
    const needed = ofDocument.get(operationName ?? '') ?? listNeededScopes(schema, document, operationName);
    ofDocument.set(operationName ?? '', needed);
    return needed;
  };
}

function describe({ field, scope }: NeededScope, { name, scopes }: Caller): string {
  return `${field} needs the scope ${scope}; ${name} has ${scopes.join(', ')}`;
}

function refuse(status: 401 | 403, code: ErrorCode, message: string): ExecutionResult {
  const headers = status === 401 ? { headers: { 'www-authenticate': 'Bearer' } } : {};
  return { errors: [new GraphQLError(message, { extensions: { code, http: { status, ...headers } } })] };
}
