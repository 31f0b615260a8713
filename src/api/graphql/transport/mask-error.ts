/** What a caller learns of an error: all of an expected one, nothing of any other but a number to find it in the log by. */
import { randomBytes } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { isOutage } from '../../../platform/postgres/outage.ts';
import { isUnstorableText } from '../../../platform/postgres/unstorable-text.ts';
import { ExpectedError, InvalidInputError, NotFoundError, RetryLaterError } from '../../../errors.ts';
import { Prisma } from '../../../generated/prisma/client.ts';
import type { Log } from '../../../log.ts';
import { toGraphqlError } from '../error-types.ts';
import { cutError } from '../request-error.ts';

export type MaskError = (error: unknown) => GraphQLError;

/**
 * GraphQL's own errors (a bad document, a bad variable) pass; they have no error behind them.
 * @param findRequestId the id of the request that failed with it, over HTTP the x-request-id of its answer; null when unknown
 */
export function createMaskError(log: Log, findRequestId: (error: unknown) => string | null): MaskError {
  const mask = (error: unknown): GraphQLError => {
    const place = error instanceof GraphQLError ? error : null;
    const cause = findCause(error);
    if (cause instanceof ExpectedError) return locate(toGraphqlError(cause), place);
    if (place !== null && cause instanceof GraphQLError && hasCode(place)) return place;
    if (place !== null && cause instanceof GraphQLError && isOfArgument(cause))
      return locate(createBadArgument(cause), place);
    if (isUnstorableText(cause)) return locate(toGraphqlError(createUnstorable()), place);
    if (isGone(cause)) return locate(toGraphqlError(createGone()), place);
    const requestId = findRequestId(error) ?? randomBytes(6).toString('hex');
    if (isOutage(cause)) {
      log.warn({ err: cause, requestId, path: place?.path?.join('.') }, 'the database could not be asked');
      return locate(toGraphqlError(createRetryLater()), place);
    }
    log.error({ err: cause, requestId, path: place?.path?.join('.') }, 'unexpected error in a request');
    return locate(
      new GraphQLError(`unexpected error; the log has it under requestId ${requestId}`, {
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
      }),
      place,
    );
  };
  return (error) => cutError(mask(error));
}

function hasCode({ extensions }: GraphQLError): boolean {
  return extensions.code !== undefined;
}

/**
 * What graphql says of an argument once it is executing: a variable that may be null, for its default, was given as null
 * where null may not be. It gives no code; without one is also what a resolver gave that is not of its type.
 */
function isOfArgument({ message }: GraphQLError): boolean {
  return message.startsWith('Argument "');
}

function createBadArgument({ message }: GraphQLError): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

function createUnstorable(): InvalidInputError {
  return new InvalidInputError(
    'a text holds U+0000, or half of a character: it cannot be looked for or kept',
    [],
  );
}

/** What Prisma says of a row that is not there: a mutation reads what it made or changed, and another may delete it first. */
const GONE = 'P2025';

function isGone(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === GONE;
}

function createGone(): NotFoundError {
  return new NotFoundError('it was deleted meanwhile');
}

function createRetryLater(): RetryLaterError {
  return new RetryLaterError('the database cannot be asked just now: try again in a moment');
}

/** The error a resolver threw, out of the wrappers GraphQL puts around it. */
function findCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError !== undefined) cause = cause.originalError;
  return cause;
}

function locate(error: GraphQLError, place: GraphQLError | null): GraphQLError {
  if (place === null) return error;
  return new GraphQLError(error.message, {
    nodes: place.nodes ?? null,
    source: place.source ?? null,
    positions: place.positions ?? null,
    path: place.path ?? null,
    extensions: error.extensions,
  });
}
