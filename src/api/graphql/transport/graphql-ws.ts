/**
 * The protocol graphql-transport-ws over yoga's pipeline: the same parsing, limits, context and masking as over HTTP.
 * A bad operation is answered by an error of its own and never costs the socket.
 */
import type { ExecutionArgs, ExecutionResult, GraphQLError } from 'graphql';
import { CloseCode, makeServer, type OperationResult, type Server, type SubscribePayload } from 'graphql-ws';
import type { IncomingHttpHeaders } from 'node:http';
import { type Caller, countedAs, describeLoss } from '../../../core/access/caller.ts';
import type { Callers } from '../../../core/access/callers.ts';
import type { DeliveryLag } from './delivery-lag.ts';
import type { MaskError } from './mask-error.ts';
import { readConnectionKey } from '../../../core/access/read-credentials.ts';
import type { Sender } from '../server/forward-operations.ts';
import { type GetEnveloped, prepareOperation, type Runner } from './prepare-operation.ts';
import { RunningOperations } from './running-operations.ts';
import { createSendResults } from './send-results.ts';
import { isStream } from './http-streams.ts';
import { copyError } from '../request-error.ts';
import { hideHttp, withoutHttp, type WritePayload } from './payload-cache.ts';

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

const INIT_LIMIT_MS = 3_000;
/** Clients of graphql-ws come back after it; its own 4429 they take for final. */
const TRY_AGAIN_LATER = 1013;
/** A close frame holds 123 bytes. */
const MAX_CLOSE_REASON_LENGTH = 120;

export interface SocketProtocolOptions {
  readonly getEnveloped: GetEnveloped;
  /** Who opened it, by what connection_init carries or the request did; null for nobody we know. */
  readonly admit: (
    params: unknown,
    client: Pick<SocketExtra, 'headers' | 'address'>,
  ) => Caller | null | Promise<Caller | null>;
  readonly watch: Callers['watch'];
  readonly maskError: MaskError;
  readonly writePayload: WritePayload;
  readonly lag: Pick<DeliveryLag, 'noteSent'>;
  /** Puts the text of a trusted document in the place of its hash. */
  readonly resolveDocument: (payload: SubscribePayload) => SubscribePayload;
  /** Why this operation, which is among those counted, is refused; null when it may run. */
  readonly checkOperation: (limitedAs: string, operations: number) => GraphQLError | null;
}

export function createSocketProtocol(options: SocketProtocolOptions): Server<SocketExtra> {
  const sockets = new SocketOperations(options);
  const { maskError } = options;
  return makeServer<undefined, SocketExtra>({
    connectionInitWaitTimeout: INIT_LIMIT_MS,
    onConnect: ({ connectionParams, extra }) => sockets.acknowledge(extra, connectionParams),
    onClose: ({ extra }) => sockets.end(extra),
    onSubscribe: ({ extra, subscriptions }, id, payload) =>
      sockets.prepare(extra, { id, payload, subscriptions }),
    execute: (args) => sockets.run('execute', args),
    subscribe: (args) => sockets.run('subscribe', args),
    onOperation: async ({ extra, subscriptions }, id, _payload, args, result) =>
      sockets.begin(extra, { id, args, result: await result, isWanted: id in subscriptions }),
    // What breaks a running subscription has not been masked yet.
    onError: (_context, _id, _payload, errors) => errors.map((error) => hideHttp(maskError(error).toJSON())),
  });
}

/** What is known of one socket. */
interface Socket {
  /** Null until it is acknowledged. */
  caller: Caller | null;
  sender: Sender;
  /** Perhaps before it was known who opened it. */
  hasEnded: boolean;
  unwatch: () => void;
  readonly operations: RunningOperations<ExecutionResult>;
}

interface Prepared {
  readonly runner: Runner;
  /** Among the operations of its socket, in the order they came. */
  readonly place: number;
}

interface AskedOperation {
  readonly id: string;
  readonly payload: SubscribePayload;
  /** What graphql-ws has of the socket: a client's complete takes its id out of it. */
  readonly subscriptions: Readonly<Record<string, unknown>>;
}

interface BegunOperation {
  readonly id: string;
  readonly args: ExecutionArgs;
  readonly result: object;
  /** Whether no complete came for its id, unless another operation was asked for by it since. */
  readonly isWanted: boolean;
}

/** The operations of all sockets. */
class SocketOperations {
  readonly #options: SocketProtocolOptions;
  readonly #sendResults: ReturnType<typeof createSendResults>;
  readonly #sockets = new WeakMap<SocketExtra, Socket>();
  readonly #prepared = new WeakMap<ExecutionArgs, Prepared>();

  constructor(options: SocketProtocolOptions) {
    this.#options = options;
    this.#sendResults = createSendResults(options.writePayload, (result, sinceMs) =>
      options.lag.noteSent(result, 'websocket', sinceMs),
    );
  }

  /** @returns whether it may stay; closed with the reason where it may not */
  async acknowledge(extra: SocketExtra, params: unknown): Promise<boolean> {
    const socket = this.#socketOf(extra);
    const caller = await this.#options.admit(params, extra);
    if (socket.hasEnded) return false;
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
    socket.caller = caller;
    socket.sender = describeSender(extra, params);
    extra.admit();
    socket.unwatch = this.#options.watch(caller, () =>
      extra.close(CloseCode.Forbidden, describeLoss(caller)),
    );
    return true;
  }

  async end(extra: SocketExtra): Promise<void> {
    const socket = this.#socketOf(extra);
    socket.hasEnded = true;
    socket.unwatch();
    await socket.operations.close();
  }

  /**
   * What graphql-ws runs next, or why it may not run.
   * @param asked.subscriptions the operations on this socket, this one among them
   */
  async prepare(
    extra: SocketExtra,
    { id, payload, subscriptions }: AskedOperation,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const { operations } = this.#socketOf(extra);
    const place = operations.ask(id);
    const prepared = await this.#check(extra, payload, Object.keys(subscriptions).length);
    if ('errors' in prepared) {
      await operations.settle(id, place, id in subscriptions);
      return prepared.errors;
    }
    this.#prepared.set(prepared.args, { runner: prepared.runner, place });
    return prepared.args;
  }

  async #check(
    extra: SocketExtra,
    payload: SubscribePayload,
    count: number,
  ): ReturnType<typeof prepareOperation> {
    const { getEnveloped, maskError, resolveDocument, checkOperation } = this.#options;
    const { caller, sender } = this.#socketOf(extra);
    try {
      if (caller === null) throw new Error('an operation before the socket was acknowledged');
      const refusal = checkOperation(countedAs(caller) ?? extra.address, count);
      if (refusal !== null) return { errors: [refusal] };
      const prepared = await prepareOperation(getEnveloped, caller, resolveDocument(payload), { sender });
      return 'errors' in prepared ? { errors: prepared.errors.map((error) => maskError(error)) } : prepared;
    } catch (error) {
      // Thrown on, it would close the socket with a code clients take for final.
      return { errors: [maskError(error)] };
    }
  }

  /** What is thrown here would close the socket, and end whatever else runs on it. */
  async run(way: keyof Runner, args: ExecutionArgs): Promise<Awaited<OperationResult>> {
    try {
      const prepared = this.#prepared.get(args);
      if (prepared === undefined) throw new Error('an operation that was not prepared');
      return await prepared.runner[way](args);
    } catch (error) {
      return { errors: [this.#options.maskError(error)] };
    }
  }

  /** Sends the results of a subscription in the order of the socket; a single result is given back. */
  async begin(
    extra: SocketExtra,
    { id, args, result, isWanted }: BegunOperation,
  ): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
    const { operations } = this.#socketOf(extra);
    const place = this.#prepared.get(args)?.place ?? 0;
    if (!isStream(result)) {
      await operations.settle(id, place, isWanted);
      return withoutStatus(result);
    }
    const results = this.#sendResults(result[Symbol.asyncIterator](), id, extra.send);
    return operations.begin(id, { place, isWanted, results });
  }

  #socketOf(extra: SocketExtra): Socket {
    const known = this.#sockets.get(extra);
    if (known !== undefined) return known;
    const socket: Socket = {
      caller: null,
      sender: extra,
      hasEnded: false,
      unwatch: () => undefined,
      operations: new RunningOperations<ExecutionResult>(),
    };
    this.#sockets.set(extra, socket);
    return socket;
  }
}

/** The key of connection_init goes before one of the request, as it does when the socket is admitted. */
function describeSender({ headers, address }: SocketExtra, params: unknown): Sender {
  const key = readConnectionKey(params);
  return { headers: key === null ? headers : { ...headers, authorization: `Bearer ${key}` }, address };
}

interface SingleResult {
  readonly data?: NonNullable<ExecutionResult['data']> | null;
  readonly errors?: readonly GraphQLError[] | undefined;
}

/** Status and headers mean nothing on a socket. */
function withoutStatus({ errors, ...rest }: SingleResult): ExecutionResult {
  if (errors === undefined) return rest;
  return { ...rest, errors: errors.map((error) => copyError(error, { extensions: withoutHttp(error) })) };
}
