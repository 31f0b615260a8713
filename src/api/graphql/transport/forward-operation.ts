/** GraphQL operations that a replica passes on to the leader, over HTTP, whatever carried them here. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { type ExecutionResult, GraphQLError } from 'graphql';
import { z } from 'zod';
import {
  FORWARDED_HEADER,
  type ForwardedHeader,
  pickHeaders,
} from '../../../platform/cluster/forwarded-header.ts';
import type { LeaderConnections } from '../../../platform/cluster/leader-connections.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { Log } from '../../../log.ts';
import type { ForwardedOperation, ForwardOperation } from '../server/forward-operations.ts';

/** What says who asks. Sessions of people stay with the leader: their requests are passed on whole. */
const CREDENTIALS = ['authorization', 'x-api-key'] as const;

/** As GraphQL servers write it: https://spec.graphql.org/October2021/#sec-Response-Format */
const RESULT = z
  .object({
    data: z.record(z.string(), z.unknown()).nullish(),
    errors: z
      .array(
        z.object({
          message: z.string(),
          path: z.array(z.union([z.string(), z.number()])).optional(),
          extensions: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .optional(),
    extensions: z.record(z.string(), z.unknown()).optional(),
  })
  .refine(({ data, errors }) => data !== undefined || errors !== undefined, 'expected data or errors');

interface ForwardOptions {
  readonly leader: Pick<LeaderConnections, 'open'>;
  readonly header: Pick<ForwardedHeader, 'write'>;
  /** Resolves once this replica knows what the leader has done. */
  readonly catchUp: () => Promise<void>;
  readonly stats: Pick<Stats, 'count'>;
  readonly log: Log;
}

export function createForwardOperation(options: ForwardOptions): ForwardOperation {
  const { catchUp, stats, log } = options;
  return async (operation) => {
    stats.count('requests_forwarded');
    try {
      // failpoint: forward.before_send
      const result = await ask(operation, options);
      // failpoint: forward.before_answer
      await catchUp();
      if (result !== null) return result;
    } catch (error) {
      log.warn({ err: error }, 'the leader did not answer an operation that was passed on to it');
      stats.count('forwards_failed');
      return refuse('the leader ended before it answered: it may have done what was asked, or not');
    }
    stats.count('forwards_failed');
    return refuse('the cluster has no leader just now: try again in a moment');
  };
}

/** @returns null where there is no leader @throws where its answer did not come, or is none */
async function ask(
  { query, variables, operationName, headers, address }: ForwardedOperation,
  { leader, header }: Pick<ForwardOptions, 'leader' | 'header'>,
): Promise<ExecutionResult | null> {
  const body = JSON.stringify({ query, variables, operationName });
  const sent = await leader.open({
    method: 'POST',
    path: '/graphql',
    headers: {
      ...pickHeaders(headers, CREDENTIALS),
      host: headers.host ?? 'localhost',
      accept: 'application/json',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      [FORWARDED_HEADER]: header.write(address),
    },
  });
  if (sent === null) return null;
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  sent.end(body);
  const [answer] = await answered;
  return readResult(RESULT.parse(await json(answer)));
}

function readResult({ data, errors, extensions }: z.output<typeof RESULT>): ExecutionResult {
  return {
    ...(data === undefined ? {} : { data }),
    ...(errors === undefined ? {} : { errors: errors.map(readError) }),
    ...(extensions === undefined ? {} : { extensions }),
  };
}

type ResultError = NonNullable<z.output<typeof RESULT>['errors']>[number];

function readError({ message, path, extensions }: ResultError): GraphQLError {
  return new GraphQLError(message, { path: path ?? null, extensions: extensions ?? null });
}

function refuse(message: string): ExecutionResult {
  return { errors: [new GraphQLError(message, { extensions: { code: 'RETRY_LATER' } })] };
}
