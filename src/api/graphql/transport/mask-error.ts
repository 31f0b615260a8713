/** What a caller learns of an error: all of an expected one, nothing of any other but a number to find it in the log by. */
import { randomBytes } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { isOutage } from '../../../platform/postgres/outage.ts';
import { isUnstorableText } from '../../../platform/postgres/unstorable-text.ts';
import { ExpectedError, InvalidInputError, NotFoundError, RetryLaterError } from '../../../errors.ts';
import { Prisma } from '../../../generated/prisma/client.ts';
import type { Log } from '../../../log.ts';
import { toGraphqlError } from '../error-types.ts';
import { copyError, cutError } from '../request-error.ts';

export type MaskError = (error: unknown) => GraphQLError;

/**
 * GraphQL's own errors (a bad document, a bad variable) pass; they have no error behind them.
 * @param findRequestId the id of the request that failed with it, over HTTP the x-request-id of its answer; null when unknown
 */
export function createMaskError(log: Log, findRequestId: (error: unknown) => string | null): MaskError {
  const mask = (error: unknown): GraphQLError => {
    const place = error instanceof GraphQLError ? error : null;
    const cause = findCause(error);
    if (place !== null && cause instanceof GraphQLError) {
      if (place.extensions.code !== undefined) return place;
      if (isOfArgument(cause))
        return copyError(place, { message: cause.message, extensions: { code: 'BAD_USER_INPUT' } });
    }
    const locate = (shown: GraphQLError) =>
      place === null ? shown : copyError(place, { message: shown.message, extensions: shown.extensions });
    const expected = findExpected(cause);
    if (expected !== null) return locate(toGraphqlError(expected));
    const requestId = findRequestId(error) ?? randomBytes(6).toString('hex');
    const noted = { err: cause, requestId, path: place?.path?.join('.') };
    if (isOutage(cause)) {
      log.warn(noted, 'the database could not be asked');
      const message = 'the database cannot be asked just now: try again in a moment';
      return locate(toGraphqlError(new RetryLaterError(message)));
    }
    log.error(noted, 'unexpected error in a request');
    const message = `unexpected error; the log has it under requestId ${requestId}`;
    return locate(new GraphQLError(message, { extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } }));
  };
  return (error) => cutError(mask(error));
}

/**
 * What graphql says of an argument once it is executing: a variable that may be null, for its default, was given as null
 * where null may not be. It gives no code; without one is also what a resolver gave that is not of its type.
 */
function isOfArgument({ message }: GraphQLError): boolean {
  return message.startsWith('Argument "');
}

/** What Prisma says of a row that is not there: a mutation reads what it made or changed, and another may delete it first. */
const GONE = 'P2025';

function findExpected(cause: unknown): ExpectedError | null {
  if (cause instanceof ExpectedError) return cause;
  if (isUnstorableText(cause)) {
    const message = 'a text holds U+0000, or half of a character: it cannot be looked for or kept';
    return new InvalidInputError(message, []);
  }
  const isGone = cause instanceof Prisma.PrismaClientKnownRequestError && cause.code === GONE;
  return isGone ? new NotFoundError('it was deleted meanwhile') : null;
}

/** The error a resolver threw, out of the wrappers GraphQL puts around it. */
function findCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError !== undefined) cause = cause.originalError;
  return cause;
}
