/** Makes every operation a monitored request: its name in the route, its failure as the code. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type DocumentNode, getOperationAST, GraphQLError, Kind } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { ExpectedError } from '../../../errors.ts';
import type { LatencyLabels } from '../../../platform/telemetry/latencies.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { OfBatch } from './separate-batches.ts';
import type { OpenRequest, RequestMonitor } from '../../../platform/telemetry/request-monitor.ts';

/**
 * Names are the clients' to choose, and each makes a series where the points are stored: further ones share a name.
 */
const MAX_NAMES = 500;
const MAX_NAME_LENGTH = 60;
const FURTHER = 'other';
const OK = 200;
const BAD_REQUEST = 400;
/** What an execution is of; envelop types it loosely. */
export interface Executed {
  readonly document: DocumentNode;
  readonly operationName?: string | null;
}

/** The words yoga answers a bad document with. */
const PARSE_FAILED = 'GRAPHQL_PARSE_FAILED';
const VALIDATION_FAILED = 'GRAPHQL_VALIDATION_FAILED';

/** What the plugin reads of the context: HTTP puts the request there, both ways to ask put the parameters. */
interface Asked extends OfBatch {
  readonly req?: Pick<IncomingMessage, 'method' | 'headers'>;
  readonly params?: { readonly operationName?: string | null };
  /** Of operations that came over no socket: what stands for the method. */
  readonly origin?: string;
}

/**
 * Over HTTP the route has begun a request and ends it, but for subscriptions, which end here when they have started.
 * Over a WebSocket an operation is a request of its own from its first byte, and so is each of several that come together.
 */
export function monitorOperations(monitor: RequestMonitor, stats: Pick<Stats, 'observe'>): Plugin {
  const nameOperation = createOperationNames();
  return {
    onParse({ context, params: { source } }) {
      const asked: Asked = context;
      const { req, batch } = asked;
      const ofRoute = req === undefined || batch !== undefined ? undefined : monitor.of(req);
      const method = req?.method ?? asked.origin ?? 'WS';
      const isOwn = ofRoute === undefined;
      const open = ofRoute ?? monitor.begin(`${method}:/graphql`, context, req?.headers);
      return ({ result }) => {
        if (!isDocument(result)) {
          refuse(open, result instanceof GraphQLError ? readCode(result, PARSE_FAILED) : PARSE_FAILED, isOwn);
          return;
        }
        const operation = getOperationAST(result, asked.params?.operationName);
        open.setRoute(`${method}:/graphql/${nameOperation(operation?.name?.value, String(source))}`);
        open.addTag('operation_type', operation?.operation ?? 'none');
      };
    },
    onValidate:
      ({ context }) =>
      ({ valid, result }) => {
        const { open, isOwn } = findOpen(monitor, context);
        if (!valid && open !== undefined) refuse(open, readCode(result[0], VALIDATION_FAILED), isOwn);
      },
    onExecute({ args }) {
      // Yoga's own type says `any`; it is the object the other hooks are given.
      const { open, isOwn } = findOpen(monitor, args.contextValue);
      const asked: Executed = args;
      const beganMs = performance.now();
      return {
        onExecuteDone: ({ result }) => {
          stats.observe('graphql_operation', (performance.now() - beganMs) / 1000, describeOperation(asked));
          if (open === undefined) return;
          noteErrors(open, result);
          if (isOwn) open.end(OK);
        },
      };
    },
    onSubscribe({ args }) {
      const { open, isOwn } = findOpen(monitor, args.contextValue);
      return {
        onSubscribeResult: ({ result }) => {
          if (open === undefined) return;
          const hasFailed = noteErrors(open, result);
          if (!hasFailed || isOwn) open.end(OK);
        },
      };
    },
  };
}

export function findOpen(
  monitor: RequestMonitor,
  context: object,
): { readonly open: OpenRequest | undefined; readonly isOwn: boolean } {
  const { req }: Asked = context;
  const own = monitor.of(context);
  const ofRoute = req === undefined ? undefined : monitor.of(req);
  return { open: own ?? ofRoute, isOwn: own !== undefined };
}

/** What was executed was validated: its fields are those of the schema, so there are only so many. */
export function describeOperation({ document, operationName }: Executed): LatencyLabels {
  const operation = getOperationAST(document, operationName);
  const [first] = operation?.selectionSet.selections ?? [];
  const field = first?.kind === Kind.FIELD ? first.name.value : 'fragment';
  return { type: operation?.operation ?? 'none', field };
}

function refuse(open: OpenRequest, code: string, isOwn: boolean): void {
  open.fail(code);
  if (isOwn) open.end(BAD_REQUEST);
}

/** @returns whether the answer has errors; failures that are data of the answer are none */
function noteErrors(open: OpenRequest, result: unknown): boolean {
  if (typeof result !== 'object' || result === null || !('errors' in result)) return false;
  if (!Array.isArray(result.errors) || result.errors.length === 0) return false;
  open.fail(readCode(result.errors[0]));
  return true;
}

/** @param otherwise the code of GraphQL's own errors, which carry none */
function readCode(error: unknown, otherwise = 'GRAPHQL_ERROR'): string {
  if (!(error instanceof GraphQLError)) return 'INTERNAL_SERVER_ERROR';
  const { originalError, extensions } = error;
  if (originalError instanceof ExpectedError) return originalError.code;
  const isBug = originalError !== undefined && !(originalError instanceof GraphQLError);
  if (isBug) return 'INTERNAL_SERVER_ERROR';
  return typeof extensions.code === 'string' ? extensions.code : otherwise;
}

function isDocument(result: unknown): result is DocumentNode {
  return typeof result === 'object' && result !== null && 'kind' in result && result.kind === 'Document';
}

/** The operation's name, or the beginning of its document's hash. */
function createOperationNames(): (name: string | undefined, document: string) => string {
  const known = new Set<string>();
  return (name, document) => {
    const shown =
      name !== undefined && name.length <= MAX_NAME_LENGTH
        ? name
        : createHash('sha256').update(document).digest('hex').slice(0, 12);
    if (known.has(shown)) return shown;
    if (known.size >= MAX_NAMES) return FURTHER;
    known.add(shown);
    return shown;
  };
}
