/** GraphQL on a path: POST, GET, server-sent events, WebSocket. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { AuditLog } from '../../../core/access/audit-log.ts';
import { type Caller, CONFIGURATION_CALLER, countedAs } from '../../../core/access/caller.ts';
import type { Callers } from '../../../core/access/callers.ts';
import type { ReadAddress } from '../../../core/access/client-address.ts';
import type { Log } from '../../../log.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { RequestMonitor } from '../../../platform/telemetry/request-monitor.ts';
import type { Tracing } from '../../../platform/tracing/tracing.ts';
import { createAdmission } from './authenticate-request.ts';
import { auditMutations } from './audit-mutations.ts';
import { auditRefusals } from './audit-refusals.ts';
import { checkBody } from './check-body.ts';
import { checkRights } from './authorize-operation.ts';
import { compileOperations } from '../executor/compile-operations.ts';
import { coerceVariables } from '../executor/coerce-variables.ts';
import type { ApiParts } from '../builder/context.ts';
import { createCrossOrigin } from '../transport/cross-origin.ts';
import { createDocumentCache, type DocumentLimits, limitDocuments } from '../limits/documents.ts';
import { answerRefusal, type CallerGate, type CallerLimits, createCallerGate } from '../limits/callers.ts';
import { createRefuse, type Refuse } from '../limits/error.ts';
import { reportCost } from '../limits/report-cost.ts';
import { PanelSource } from '../panels/panel-source.ts';
import { EventStreams, sendEventStreams, type WhenRead } from '../transport/http-streams.ts';
import { limitTime } from '../limits/timeout.ts';
import { createLoaders } from '../builder/loaders.ts';
import { createMaskError } from '../transport/mask-error.ts';
import { type ForwardOperation, forwardOperations } from './forward-operations.ts';
import { monitorOperations } from './monitor-operations.ts';
import { traceOperations } from './trace-operations.ts';
import { tenantParts } from '../tenancy/tenant-context.ts';
import { admitStreams } from '../transport/admit-streams.ts';
import { readAccept } from '../transport/accept.ts';
import { answerInJson } from '../transport/answer-in-json.ts';
import { shareExecution } from '../executor/shared-execution-plugin.ts';
import { DeliveryLag } from '../transport/delivery-lag.ts';
import { createPayloads } from '../transport/payload-cache.ts';
import { createSocketProtocol } from '../transport/graphql-ws.ts';
import { createRequestsOfErrors } from './request-of-error.ts';
import { createRunLocally, type RunLocally } from './run-locally.ts';
import { separateBatches } from './separate-batches.ts';
import { refuseHashAlone, resolveDocuments, type TrustedDocuments } from './trusted-documents.ts';
import { createGraphqlSockets, type GraphqlSockets } from '../transport/websocket.ts';

const GRAPHQL_PATH = '/graphql';

/** What one request may ask for. */
interface GraphqlLimits extends DocumentLimits, CallerLimits {
  readonly maxBodyBytes: number;
  /** Of a list in the input. */
  readonly maxBatchItems: number;
  /** At once on one socket. */
  readonly maxOperations: number;
  /** Of a query or a mutation. */
  readonly operationSeconds: number;
  /** Whose pages may ask, beside our own. */
  readonly corsOrigins: readonly string[];
}

export interface GraphqlServer {
  /** Answers a request on /graphql. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly sockets: GraphqlSockets;
  /** What LAPWING_CONFIG_FILE asks for. */
  readonly runConfiguration: RunLocally;
  /** What panels embedded elsewhere show. */
  readonly panels: PanelSource;
}

export interface GraphqlServerOptions {
  readonly parts: ApiParts;
  readonly callers: Callers;
  readonly audit: AuditLog;
  readonly schema: GraphQLSchema;
  readonly limits: GraphqlLimits;
  /** Null where any document may be run. */
  readonly trusted: TrustedDocuments | null;
  readonly log: Log;
  /** Is called for every operation. */
  readonly monitor: RequestMonitor;
  /** Null where no traces are sent. */
  readonly tracing: Tracing | null;
  /** Holds streams of events back until they are read. */
  readonly whenRead: WhenRead;
  readonly readAddress: ReadAddress;
  /** What a replica cannot do itself; null for a server that can do everything. */
  readonly forward: ForwardOperation | null;
}

export function createGraphqlServer(options: GraphqlServerOptions): GraphqlServer {
  const { parts, callers, limits, log, monitor, readAddress } = options;
  const { stats } = parts;
  const readRequestId: ReadRequestId = (context) => monitor.of(context.req ?? context)?.id ?? null;
  const requestOfError = createRequestsOfErrors(readRequestId);
  const maskError = createMaskError(log, requestOfError.find);
  const refuse = createRefuse(stats);
  const gate = createCallerGate(limits, refuse);
  const writePayload = createPayloads();
  const lag = new DeliveryLag({ ...options, stats });
  const streams = new EventStreams(writePayload, options.whenRead, (result, type, sinceMs) =>
    lag.noteSent(result, type, sinceMs),
  );
  const steps = { ...options, stats, readRequestId, refuse, gate, writePayload, lag, streams };
  const seenBy = createViews(parts);
  auditMutations(options.schema, steps);
  const yoga = createYoga<{ caller: Caller }>({
    schema: options.schema,
    graphqlEndpoint: GRAPHQL_PATH,
    context: ({ caller }) => {
      const seen = seenBy(caller);
      return { ...seen, caller, loaders: createLoaders(seen) };
    },
    maskedErrors: { isDev: false, maskError },
    // checkBody reads the body, and limits it.
    maxRequestBodySize: false,
    parserAndValidationCache: createDocumentCache(),
    // Ours is stricter: cross-origin.ts.
    cors: false,
    multipart: false,
    batching: { limit: limits.maxOperations },
    graphiql: false,
    landingPage: false,
    // Errors are logged where they are masked.
    logging: false,
    plugins: listPlugins(steps, requestOfError.plugin),
  });
  const crossOrigin = createCrossOrigin(limits.corsOrigins, parts.facts.publicUrl);
  const admission = createAdmission(callers, stats, readAddress);
  const protocol = createSocketProtocol({
    ...steps,
    admit: admission.admitSocket,
    watch: (caller, onLost) => callers.watch(caller, onLost),
    getEnveloped: yoga.getEnveloped,
    resolveDocument: createResolveDocument(options.trusted),
    maskError,
    checkOperation: (limitedAs, seen) =>
      seen > limits.maxOperations
        ? refuse({ limit: 'operations', allowed: limits.maxOperations, seen })
        : gate.checkRate(limitedAs),
  });
  return {
    handle: async (request, response) => {
      if (crossOrigin.answer(request, response)) return;
      const { headers } = request;
      if (headers.accept?.includes('=') === true) headers.accept = readAccept(headers.accept);
      const caller = await admission.admitRequest(request, response);
      if (caller === null) return;
      const refusal = gate.checkRate(countedAs(caller) ?? readAddress(request));
      if (refusal !== null) {
        answerRefusal(request, response, refusal);
        return;
      }
      await yoga(request, response, { caller });
    },
    sockets: createGraphqlSockets({ protocol, log, crossOrigin, gate, readAddress }),
    runConfiguration: createRunLocally(yoga.getEnveloped, CONFIGURATION_CALLER),
    panels: new PanelSource({ ...steps, getEnveloped: yoga.getEnveloped, maskError }),
  };
}

type ReadRequestId = (context: { readonly req?: object }) => string | null;

/** What a request passes, in this order. */
function listPlugins(
  steps: GraphqlServerOptions & {
    readonly stats: Stats;
    readonly readRequestId: ReadRequestId;
    readonly refuse: Refuse;
    readonly gate: CallerGate;
    readonly lag: DeliveryLag;
    readonly streams: EventStreams;
  },
  requestOfError: Plugin,
): Plugin[] {
  const { schema, limits, refuse, stats, forward } = steps;
  return [
    separateBatches({ ...steps, maxOperations: limits.maxOperations }),
    resolveDocuments(steps.trusted),
    checkBody(limits.maxBodyBytes, refuse),
    limitDocuments(schema, limits, refuse),
    monitorOperations(steps.monitor, stats),
    checkRights(schema, steps),
    compileOperations(schema),
    shareExecution(steps.lag),
    coerceVariables(schema, { ...limits, refuse }),
    auditRefusals(schema, steps),
    limitTime(limits.operationSeconds, refuse),
    ...(forward === null ? [] : [forwardOperations(forward, steps.readAddress)]),
    traceOperations(steps.tracing, steps.monitor),
    reportCost(schema, limits.maxCost),
    admitStreams(steps.gate, steps.readAddress),
    requestOfError,
    sendEventStreams(steps.streams),
    answerInJson(),
  ];
}

/** Over a socket there is no plugin that would resolve it. */
function createResolveDocument(trusted: TrustedDocuments | null) {
  return (payload: SubscribePayload): SubscribePayload => {
    if (trusted !== null) return { ...payload, query: trusted.resolve(payload) };
    refuseHashAlone(payload);
    return payload;
  };
}

/** What each caller is shown of the server: made once for each account. */
function createViews(parts: ApiParts): (caller: Caller) => ApiParts {
  const views = new Map<number, ApiParts>();
  return ({ accountId }) => {
    if (accountId === null) return parts;
    const view = views.get(accountId) ?? tenantParts(parts, accountId);
    views.set(accountId, view);
    return view;
  };
}
