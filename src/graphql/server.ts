/** GraphQL on a path: POST, GET, server-sent events, WebSocket. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createYoga } from 'graphql-yoga';
import type { Log } from '../log.ts';
import type { RequestMonitor } from '../observe/monitor-requests.ts';
import { checkBody } from './check-body.ts';
import { coerceVariables } from './coerce-variables.ts';
import type { ApiParts } from './context.ts';
import { createDocumentCache, type DocumentLimits, limitDocuments } from './limit-documents.ts';
import { createRefuse } from './limit-error.ts';
import { createLoaders } from './loaders.ts';
import { createMaskError } from './mask-error.ts';
import { monitorOperations } from './monitor-operations.ts';
import { createSchema } from './schema.ts';
import { shareExecution } from './shared-execution-plugin.ts';
import { createSocketProtocol } from './socket-protocol.ts';
import { createGraphqlSockets, type GraphqlSockets } from './websocket.ts';

const GRAPHQL_PATH = '/graphql';

/** What one request may ask for. */
export interface GraphqlLimits extends DocumentLimits {
  readonly maxBodyBytes: number;
}

export interface GraphqlServer {
  /** Answers a request on /graphql. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly sockets: GraphqlSockets;
}

export function createGraphqlServer(options: {
  readonly parts: ApiParts;
  readonly limits: GraphqlLimits;
  readonly log: Log;
  /** Is told of every operation. */
  readonly monitor: RequestMonitor;
}): GraphqlServer {
  const { parts, limits, log, monitor } = options;
  const maskError = createMaskError(log);
  const refuse = createRefuse(parts.stats);
  const schema = createSchema();
  const yoga = createYoga({
    schema,
    graphqlEndpoint: GRAPHQL_PATH,
    context: () => ({ ...parts, loaders: createLoaders(parts) }),
    maskedErrors: { isDev: false, maskError },
    // checkBody reads the body, and limits it.
    maxRequestBodySize: false,
    parserAndValidationCache: createDocumentCache(),
    // A page of another site gets no answer it may read; ours is on the same origin.
    cors: false,
    multipart: false,
    batching: false,
    graphiql: false,
    landingPage: false,
    // Errors are logged where they are masked.
    logging: false,
    plugins: [
      checkBody(limits.maxBodyBytes),
      limitDocuments(schema, limits, refuse),
      monitorOperations(monitor),
      coerceVariables(schema),
      shareExecution(),
    ],
  });
  const protocol = createSocketProtocol({ getEnveloped: yoga.getEnveloped, maskError });
  return {
    handle: async (request, response) => {
      await yoga(request, response);
    },
    sockets: createGraphqlSockets({ protocol, log }),
  };
}
