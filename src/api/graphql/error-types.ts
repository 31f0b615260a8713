/**
 * Expected failures as types. A field lists those it can have (`errors: { types: [...] }`) and they become members of
 * its result union; where a field has no union they become GraphQL errors with the same code.
 */
import { wrapOrThrow } from '@pothos/plugin-errors';
import { GraphQLError } from 'graphql';
import {
  AlreadyMonitoredError,
  type ErrorCode,
  ExpectedError,
  InternalError,
  InvalidInputError,
  MetricFailedError,
  NotFoundError,
  NotSupportedError,
  QuotaExceededError,
  RetryLaterError,
  SourceUnavailableError,
} from '../../errors.ts';
import { cutMessage } from '../../platform/bounded-input/show-value.ts';
import { builder } from './builder/builder.ts';
import { describeValues } from './builder/enums.ts';
import { MetricRef } from './metrics/metric.ts';

const MEANINGS: Readonly<Record<ErrorCode, string>> = {
  NOT_FOUND: 'There is nothing with this id.',
  ALREADY_MONITORED: 'The metric is monitored already.',
  NOT_SUPPORTED: 'The source cannot do this.',
  INVALID_INPUT: 'The input is not what was expected; the message names the field and the value.',
  DUPLICATE_NAME: 'The name is taken.',
  TOO_MANY_RESOURCES: 'More resources than one thing may have.',
  QUOTA_EXCEEDED: 'A limit of this server is reached.',
  SOURCE_UNAVAILABLE: 'The outside source cannot be asked just now.',
  RETRY_LATER: 'A queue is full or the database away; the same request may succeed in a moment.',
  METRIC_FAILED: 'The server fails on this metric, by a fault of its own; `Metric.statusReason` says why.',
  INTERNAL_SERVER_ERROR: 'A bug of the server; the message says where its log has it.',
  CURSOR_INVALID: 'The cursor is not of this server, or ahead of it.',
  CURSOR_EXPIRED: 'What follows the cursor may have been dropped already.',
  BAD_REQUEST: 'The request is no GraphQL request: its body, its content type or its parameters are wrong.',
  BAD_USER_INPUT: 'A variable is missing or not of its type.',
  GRAPHQL_PARSE_FAILED: 'The document is no GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema.',
  OPERATION_RESOLUTION_FAILURE:
    'The document has no operation of that name, or several and no name was given.',
  PERSISTED_QUERY_NOT_FOUND: 'No trusted document has this hash.',
  PERSISTED_QUERY_NOT_SUPPORTED: 'This server keeps no documents: send the text with every request.',
  DOCUMENT_NOT_TRUSTED: 'Only trusted documents are executed here.',
  NOT_ACCEPTABLE: 'The client accepts nothing this server sends.',
  UNAUTHENTICATED: 'An API key is needed, or this one is not valid, or a session has ended.',
  FORBIDDEN: 'The API key lacks the scope that is needed; the message names it.',
  MISDIRECTED: 'The server does not answer to this host name.',
  REQUEST_ENTITY_TOO_LARGE: 'The body is larger than it may be.',
  DOCUMENT_TOO_LARGE: 'The document is larger than it may be.',
  TOO_MANY_TOKENS: 'The document has more tokens than it may.',
  TOO_MANY_FIELDS: 'The document has more fields than it may.',
  TOO_MANY_FIELD_PAIRS: 'The document has more fields of one name to compare than it may.',
  TOO_DEEP: 'The document has more levels than it may.',
  TOO_MANY_ALIASES: 'The document has more aliases than it may.',
  TOO_MANY_ROOT_FIELDS: 'The operation has more root fields than it may.',
  TOO_MANY_DIRECTIVES: 'The document has more directives than it may.',
  PAGE_TOO_LARGE: 'More rows were asked for than a page may have.',
  BATCH_TOO_LARGE: 'A list of the input has more items than it may.',
  TOO_EXPENSIVE: 'The operation would read more than it may.',
  TOO_MANY_REQUESTS: 'The caller sends more requests per second than it may.',
  TOO_MANY_OPERATIONS: 'The socket has more operations at once than it may.',
  TOO_MANY_CONNECTIONS: 'The caller has more sockets and streams at once than it may.',
  TOOK_TOO_LONG: 'The operation took longer than it may.',
};

export const ErrorCodeRef = builder.enumType('ErrorCode', {
  description:
    'Every code of a failure: of Error types and rejected points, and extensions.code of GraphQL errors.',
  values: describeValues(MEANINGS),
});

/** What every expected failure has in common: an ExpectedError, or the value of a field made of one. */
export type Failure = Pick<ExpectedError, 'name' | 'message' | 'code'>;

export const ErrorRef = builder.interfaceRef<Failure>('Error').implement({
  description: 'An expected failure. Every one has these two fields.',
  // Each class is named as its type is.
  resolveType: ({ name }) => name,
  fields: (t) => ({
    message: t.string({
      description: 'What went wrong, for people.',
      // It may quote whatever a client wrote.
      resolve: ({ message }) => cutMessage(message),
    }),
    code: t.expose('code', { type: ErrorCodeRef, description: 'What went wrong, for programs.' }),
  }),
});

for (const [kind, code] of [
  [NotFoundError, 'NOT_FOUND'],
  [NotSupportedError, 'NOT_SUPPORTED'],
  [SourceUnavailableError, 'SOURCE_UNAVAILABLE'],
  [InternalError, 'INTERNAL_SERVER_ERROR'],
  [MetricFailedError, 'METRIC_FAILED'],
] as const) {
  builder.objectType(kind, { name: kind.name, description: MEANINGS[code], interfaces: [ErrorRef] });
}
builder.objectType(InvalidInputError, {
  name: 'InvalidInputError',
  description: MEANINGS.INVALID_INPUT,
  interfaces: [ErrorRef],
  fields: (t) => ({
    path: t.exposeStringList('inputPath', {
      description: 'Where in the arguments, from the outside in.',
    }),
  }),
});
builder.objectType(QuotaExceededError, {
  name: 'QuotaExceededError',
  description: MEANINGS.QUOTA_EXCEEDED,
  interfaces: [ErrorRef],
  fields: (t) => ({
    limit: t.exposeInt('limit', { description: 'How many there may be.' }),
    count: t.exposeInt('count', { description: 'How many there are.' }),
  }),
});
builder.objectType(AlreadyMonitoredError, {
  name: 'AlreadyMonitoredError',
  description: MEANINGS.ALREADY_MONITORED,
  interfaces: [ErrorRef],
  fields: (t) => ({
    metric: t.prismaField({
      type: MetricRef,
      description: 'The metric that is monitored.',
      resolve: (query, { metricId }, _args, { prisma }) =>
        prisma.metric.findUniqueOrThrow({ ...query, where: { id: metricId } }),
    }),
  }),
});

/** The classes with a type above. */
const FAILURES = [
  AlreadyMonitoredError,
  InternalError,
  InvalidInputError,
  MetricFailedError,
  NotFoundError,
  NotSupportedError,
  QuotaExceededError,
  SourceUnavailableError,
];

/**
 * An error as the value of a field of type Error: given as it is, GraphQL would take the field for failed.
 * @throws the error itself when the API has no type for it
 */
export function toFieldValue(error: unknown): Failure {
  // Either throws or wraps one of the classes listed, all of which have these fields.
  return wrapOrThrow(error, FAILURES) as Failure;
}

/** An expected failure where there is no union for it. A queue that is full also says so in HTTP's own words. */
export function toGraphqlError(error: ExpectedError): GraphQLError {
  const http =
    error instanceof RetryLaterError ? { http: { status: 503, headers: { 'retry-after': '1' } } } : {};
  const path = error instanceof InvalidInputError ? { inputPath: error.inputPath } : {};
  return new GraphQLError(error.message, { extensions: { code: error.code, ...path, ...http } });
}
