/**
 * The protocol graphql-transport-ws over yoga's pipeline: the same parsing, limits, context and masking as over HTTP.
 * A bad operation is answered by an error of its own and never costs the socket.
 */
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import { CloseCode, makeServer, type OperationResult, type Server, type SubscribePayload } from 'graphql-ws';
import type { YogaServerInstance } from 'graphql-yoga';
import type { IncomingHttpHeaders } from 'node:http';
import { type Caller, countedAs, describeLoss } from '../../../core/access/caller.ts';
import type { Callers } from '../../../core/access/callers.ts';
import { findOperation } from '../executor/find-operation.ts';
import type { MaskError } from './mask-error.ts';
import { RunningOperations } from './running-operations.ts';
import { createSendResults } from './send-results.ts';
import { hideHttp, type WritePayload } from './payload-cache.ts';

/** What an operation knows of its socket. */
export interface SocketExtra {
  /** Of the request that opened it. */
  readonly headers: IncomingHttpHeaders;
  readonly close: (code: number, reason: string) => void;
  /** Whom limits count where there is no key. */
  readonly address: string;
  /** Counts the socket for its caller from now on, and no longer for its address. @returns why it may not stay */
  readonly countAs: (caller: string) => string | null;
  /** It is known who this is: lifts what holds for strangers. */
  readonly admit: () => void;
  /** Sends a message in parts. Resolves when the peer may be sent more. */
  readonly send: (parts: readonly Buffer[]) => Promise<void>;
}

export type GetEnveloped = YogaServerInstance<{ caller: Caller }, object>['getEnveloped'];

/** How one operation is run: yoga's plugins may have a say in it. */
interface Runner {
  readonly execute: (args: ExecutionArgs) => OperationResult;
  readonly subscribe: (args: ExecutionArgs) => OperationResult;
}

/** What yoga gives for one operation; its own type says `any`. */
interface Pipeline extends Runner {
  readonly schema: GraphQLSchema;
  readonly parse: (source: string) => DocumentNode;
  readonly validate: (schema: GraphQLSchema, document: DocumentNode) => readonly GraphQLError[];
  readonly contextFactory: () => unknown;
}

const INIT_LIMIT_MS = 3_000;
/** Clients of graphql-ws come back after it; its own 4429 they take for final. */
const TRY_AGAIN_LATER = 1013;
/** A close frame holds 123 bytes. */
const MAX_CLOSE_REASON_LENGTH = 120;

export function createSocketProtocol(options: {
  readonly getEnveloped: GetEnveloped;
  /** Who opened it, by what connection_init carries or the request did; null for nobody we know. */
  readonly admit: (
    params: unknown,
    client: Pick<SocketExtra, 'headers' | 'address'>,
  ) => Caller | null | Promise<Caller | null>;
  readonly watch: Callers['watch'];
  readonly maskError: MaskError;
  readonly writePayload: WritePayload;
  /** Puts the text of a trusted document in the place of its hash. */
  readonly resolveDocument: (payload: SubscribePayload) => SubscribePayload;
  /** Why this operation, which is among those counted, is refused; null when it may run. */
  readonly checkOperation: (limitedAs: string, operations: number) => GraphQLError | null;
}): Server<SocketExtra> {
  const { getEnveloped, admit, watch, maskError, resolveDocument, checkOperation } = options;
  const runners = new WeakMap<ExecutionArgs, Runner>();
  const runnerOf = (args: ExecutionArgs): Runner => {
    const runner = runners.get(args);
    if (runner === undefined) throw new Error('an operation that was not prepared');
    return runner;
  };
  const places = new WeakMap<ExecutionArgs, number>();
  const operations = new WeakMap<SocketExtra, RunningOperations<ExecutionResult>>();
  const operationsOf = (extra: SocketExtra): RunningOperations<ExecutionResult> => {
    const known = operations.get(extra) ?? new RunningOperations<ExecutionResult>();
    operations.set(extra, known);
    return known;
  };
  const callers = new WeakMap<SocketExtra, Caller>();
  /** Sockets that closed, perhaps before it was known who opened them. */
  const ended = new WeakSet<SocketExtra>();
  const unwatches = new WeakMap<SocketExtra, () => void>();
  const callerOf = (extra: SocketExtra): Caller => {
    const caller = callers.get(extra);
    if (caller === undefined) throw new Error('an operation before the socket was acknowledged');
    return caller;
  };
  const sendResults = createSendResults(options.writePayload);
  return makeServer<undefined, SocketExtra>({
    connectionInitWaitTimeout: INIT_LIMIT_MS,
    onConnect: async ({ connectionParams, extra }) => {
      const caller = await admit(connectionParams, extra);
      if (ended.has(extra)) return false;
      if (caller === null) {
        extra.close(CloseCode.Unauthorized, 'an API key is needed, or this one is not valid');
        return false;
      }
      const counted = countedAs(caller);
      const refusal = counted === null ? null : extra.countAs(counted);
      if (refusal !== null) {
        extra.close(TRY_AGAIN_LATER, refusal.slice(0, MAX_CLOSE_REASON_LENGTH));
        return false;
      }
      callers.set(extra, caller);
      extra.admit();
      const lose = () => extra.close(CloseCode.Forbidden, describeLoss(caller));
      unwatches.set(extra, watch(caller, lose));
      return true;
    },
    onClose: async ({ extra }) => {
      ended.add(extra);
      unwatches.get(extra)?.();
      await operationsOf(extra).close();
    },
    onSubscribe: async (context, _id, payload) => {
      const place = operationsOf(context.extra).nextPlace();
      try {
        const caller = callerOf(context.extra);
        const limitedAs = countedAs(caller) ?? context.extra.address;
        const refusal = checkOperation(limitedAs, Object.keys(context.subscriptions).length);
        if (refusal !== null) return [refusal];
        const prepared = await prepare(getEnveloped, caller, resolveDocument(payload));
        if ('errors' in prepared) return prepared.errors.map((error) => maskError(error));
        runners.set(prepared.args, prepared.runner);
        places.set(prepared.args, place);
        return prepared.args;
      } catch (error) {
        // Thrown on, it would close the socket with a code clients take for final.
        return [maskError(error)];
      }
    },
    execute: (args) => runnerOf(args).execute(args),
    subscribe: (args) => runnerOf(args).subscribe(args),
    onOperation: async ({ extra }, id, _payload, args, given) => {
      const result: object = await given;
      if (!isAsyncIterable(result)) return withoutStatus(result);
      const results = sendResults(result[Symbol.asyncIterator](), id, extra.send);
      return operationsOf(extra).begin(id, places.get(args) ?? 0, results);
    },
    // What breaks a running subscription has not been masked yet.
    onError: (_context, _id, _payload, errors) => errors.map((error) => hideHttp(maskError(error).toJSON())),
  });
}

/** Parses and validates, and makes the context. */
async function prepare(
  getEnveloped: GetEnveloped,
  caller: Caller,
  payload: SubscribePayload,
): Promise<{ args: ExecutionArgs; runner: Runner } | { errors: readonly GraphQLError[] }> {
  const pipeline: Pipeline = getEnveloped({ params: payload, caller });
  const { schema, parse, validate, contextFactory, execute, subscribe } = pipeline;
  const document = parse(payload.query);
  const errors = validate(schema, document);
  if (errors.length > 0) return { errors };
  const operationName = payload.operationName ?? null;
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

function isAsyncIterable(result: object): result is AsyncIterable<ExecutionResult> {
  return Symbol.asyncIterator in result;
}

interface SingleResult {
  readonly data?: NonNullable<ExecutionResult['data']> | null;
  readonly errors?: readonly GraphQLError[] | undefined;
}

/** Status and headers mean nothing on a socket. */
function withoutStatus({ errors, ...rest }: SingleResult): ExecutionResult {
  if (errors === undefined) return rest;
  const shown = errors.map(
    ({ message, path, nodes, source, positions, extensions }) =>
      new GraphQLError(message, {
        path: path ?? null,
        nodes: nodes ?? null,
        source: source ?? null,
        positions: positions ?? null,
        extensions: Object.fromEntries(Object.entries(extensions).filter(([name]) => name !== 'http')),
      }),
  );
  return { ...rest, errors: shown };
}
