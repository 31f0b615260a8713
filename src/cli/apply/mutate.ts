/** Mutations of the API, whose failures are part of the answer. */
import { z } from 'zod';
import { OperatorError } from '../../errors.ts';
import type { GraphqlClient } from '../graphql-client.ts';

/** One entry cannot be applied; the others can. */
export class EntryError extends OperatorError {
  override readonly name = 'EntryError';
  /** Where in the entry, from `input` on. */
  readonly path: readonly string[];

  constructor(message: string, path: readonly string[] = []) {
    super(message);
    this.path = path;
  }
}

const ANSWER = z.object({
  result: z.looseObject({ message: z.string().optional(), path: z.array(z.string()).optional() }),
});

/**
 * @param mutation its name, and what to select of its success: an object type and fields
 * @returns the answer @throws EntryError when the server refuses, RemoteError
 */
export async function mutate(
  client: GraphqlClient,
  { name, success }: { readonly name: string; readonly success: string },
  input: object,
): Promise<Readonly<Record<string, unknown>>> {
  const inputType = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation Apply($input: ${inputType}!) { result: ${name}(input: $input) {
    ... on Error { message } ... on InvalidInputError { path } ... on ${success}
  } }`;
  const { result } = await client.ask(query, { input }, ANSWER);
  if (result.message === undefined) return result;
  throw new EntryError(result.message, result.path ?? []);
}
