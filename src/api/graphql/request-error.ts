/**
 * Request errors: what is wrong with a request before anything of it is executed. Every one has a code, and a status as
 * the GraphQL-over-HTTP specification has it, whatever found it and whatever carried the request.
 * https://graphql.github.io/graphql-over-http/draft/#sec-Status-Codes
 */
import type { IncomingHttpHeaders } from 'node:http';
import { type ASTNode, GraphQLError, type GraphQLErrorOptions } from 'graphql';
import type { ErrorCode } from '../../errors.ts';
import { cutMessage } from '../../platform/bounded-input/show-value.ts';

/** Maximum number of errors in an answer: further ones say nothing new to a client. */
export const MAX_REQUEST_ERRORS = 10;

const RESPONSE_JSON = 'application/graphql-response+json';

/**
 * What a refusal is sent as that is answered before anything of the request is read. Clients believe the status of the
 * specification's own type alone: any other may be of a proxy. Of both the one that comes first, as yoga chooses.
 */
export function chooseResponseType({ accept = '' }: IncomingHttpHeaders): string {
  const [first] = /application\/(?:graphql-response\+)?json/.exec(accept) ?? [];
  return `${first === RESPONSE_JSON ? RESPONSE_JSON : 'application/json'}; charset=utf-8`;
}

export interface RequestErrorOptions {
  readonly nodes?: ASTNode;
  /** 400 when left out. */
  readonly status?: number;
  /**
   * Whether the status is given whatever the client asks for: for what is no well-formed GraphQL request. With any other
   * the specification wants 200 in application/json.
   */
  readonly isAlways?: boolean;
}

export function createRequestError(
  code: ErrorCode,
  message: string,
  { nodes, status = 400, isAlways = false }: RequestErrorOptions = {},
): GraphQLError {
  // Yoga knows by `spec` that the status depends on the type of the answer.
  return new GraphQLError(cutMessage(message), {
    nodes: nodes ?? null,
    extensions: { code, http: { status, ...(isAlways ? {} : { spec: true }) } },
  });
}

/** The error itself, or one that says the beginning of the same: it may quote whatever a client wrote. */
export function cutError(error: GraphQLError): GraphQLError {
  const message = cutMessage(error.message);
  if (message === error.message) return error;
  return copyError(error, { message, originalError: error.originalError ?? null });
}

/** Another error of the same place in the document and in the answer. */
export function copyError(
  error: GraphQLError,
  { message = error.message, ...change }: GraphQLErrorOptions & { readonly message?: string },
): GraphQLError {
  const { nodes = null, source = null, positions = null, path = null, extensions } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions, ...change });
}
