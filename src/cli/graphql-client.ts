/** A running server, asked through its GraphQL API: another one by HTTP, or that of this process. */
import { z } from 'zod';
import { OperatorError } from '../errors.ts';

const ERRORS = z.object({
  errors: z
    .array(
      z.object({
        message: z.string(),
        extensions: z.object({ inputPath: z.array(z.string()).optional() }).optional(),
      }),
    )
    .min(1),
});

/** The server cannot be asked, or refuses. */
export class RemoteError extends OperatorError {
  override readonly name = 'RemoteError';
  /** Whether it answered: another question may succeed. */
  readonly isAnswer: boolean;
  /** Where in the arguments, from the outside in; empty where the server does not say. */
  readonly inputPath: readonly string[];

  constructor(
    message: string,
    isAnswer: boolean,
    options: ErrorOptions & { readonly path?: readonly string[] } = {},
  ) {
    super(message, options);
    this.isAnswer = isAnswer;
    this.inputPath = options.path ?? [];
  }
}

/** Asks and gives the answer as JSON has it. */
type Send = (query: string, variables: object) => Promise<unknown>;

/**
 * @param url of its GraphQL, e.g. http://127.0.0.1:4000/graphql
 * @param key an API key of it; null where it asks for none
 */
export function connectGraphql(url: string, key: string | null): GraphqlClient {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
  };
  return new GraphqlClient(url, async (query, variables) => {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
    });
    return response.json();
  });
}

export class GraphqlClient {
  readonly #name: string;
  readonly #send: Send;

  /** @param name of the server, for messages */
  constructor(name: string, send: Send) {
    this.#name = name;
    this.#send = send;
  }

  /** @throws RemoteError when it does not answer, answers with an error, or with something of another shape */
  async ask<T>(query: string, variables: object, shape: z.ZodType<T>): Promise<T> {
    let answer: unknown;
    try {
      answer = await this.#send(query, variables);
    } catch (error) {
      throw new RemoteError(`${this.#name} does not answer as a GraphQL server`, false, { cause: error });
    }
    const failed = ERRORS.safeParse(answer);
    if (failed.success) {
      const [first] = failed.data.errors;
      throw new RemoteError(`${this.#name}: ${first?.message ?? ''}`, true, {
        path: first?.extensions?.inputPath ?? [],
      });
    }
    const parsed = z.object({ data: shape }).safeParse(answer);
    if (!parsed.success) throw new RemoteError(`${this.#name} does not answer as a Lapwing server`, true);
    return parsed.data.data;
  }
}
