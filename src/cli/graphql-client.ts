/** A running server, asked through its GraphQL API. */
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

export class GraphqlClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  /**
   * @param url its GraphQL address, e.g. http://127.0.0.1:4000/graphql
   * @param key an API key of it; null where it asks for none
   */
  constructor(url: string, key: string | null) {
    this.#url = url;
    this.#headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    };
  }

  /** @throws RemoteError when it does not answer, answers with an error, or with something of another shape */
  async ask<T>(query: string, variables: object, shape: z.ZodType<T>): Promise<T> {
    let answer: unknown;
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: this.#headers,
        body: JSON.stringify({ query, variables }),
      });
      answer = await response.json();
    } catch (error) {
      throw new RemoteError(`${this.#url} does not answer as a GraphQL server`, false, { cause: error });
    }
    const failed = ERRORS.safeParse(answer);
    if (failed.success) {
      const [first] = failed.data.errors;
      throw new RemoteError(`${this.#url}: ${first?.message ?? ''}`, true, {
        path: first?.extensions?.inputPath ?? [],
      });
    }
    const parsed = z.object({ data: shape }).safeParse(answer);
    if (!parsed.success) throw new RemoteError(`${this.#url} does not answer as a Lapwing server`, true);
    return parsed.data.data;
  }
}
