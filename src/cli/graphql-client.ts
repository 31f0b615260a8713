/** A running server, asked through its GraphQL API: another one by HTTP, or that of this process. */
import { z } from 'zod';
import { type ErrorCode, OperatorError } from '../errors.ts';
import { retryWhileBusy } from '../platform/runtime/backoff.ts';
import { explainFetch } from './explain-failure.ts';

const ERRORS = z.object({
  errors: z
    .array(
      z.object({
        message: z.string(),
        extensions: z
          .object({ code: z.string().optional(), inputPath: z.array(z.string()).optional() })
          .optional(),
      }),
    )
    .min(1),
});

/** As paths that are not GraphQL answer, and proxies. */
const PLAIN_ERROR = z.object({ error: z.string().max(1000) });

/** The server cannot be asked, or refuses. */
export class RemoteError extends OperatorError {
  override readonly name = 'RemoteError';
  /** Whether it answered: another question may succeed. */
  readonly isAnswer: boolean;
  /** Where in the arguments, from the outside in; empty where the server does not say. */
  readonly inputPath: readonly string[];
  /** Of the error it answered with; null where there is none. */
  readonly code: string | null;

  constructor(
    message: string,
    isAnswer: boolean,
    options: ErrorOptions & { readonly path?: readonly string[]; readonly code?: string } = {},
  ) {
    super(message, options);
    this.isAnswer = isAnswer;
    this.inputPath = options.path ?? [];
    this.code = options.code ?? null;
  }
}

const CONTENT_TOO_LARGE = 413;

/** Asks and gives the answer as JSON has it. @throws Error that says in one line why there is none */
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
  const send: Send = async (query, variables) => {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
    });
    return readJson(response);
  };
  return new GraphqlClient(url, send, true);
}

/** A page of HTML, of another path or of a proxy, says what it is by its status and its type. */
async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const { status, url, headers } = response;
    const hint = new URL(url).pathname.endsWith('/graphql') ? '' : '; its GraphQL is at /graphql';
    const said = `it answered ${status} with ${headers.get('content-type') ?? 'nothing'}${hint}`;
    if (status !== CONTENT_TOO_LARGE) throw new Error(said, { cause: error });
    // Of a proxy on the way, which is asked for something smaller next.
    throw new RemoteError(`${url}: ${said}`, true, { cause: error, code: 'REQUEST_ENTITY_TOO_LARGE' });
  }
}

/** The same may be sent again in a moment: nothing is known to be done. */
const BUSY = new Set<string>([
  'RETRY_LATER',
  'TOO_MANY_REQUESTS',
  'TOO_MANY_OPERATIONS',
] satisfies ErrorCode[]);

function isBusy(error: unknown): boolean {
  return error instanceof RemoteError && error.code !== null && BUSY.has(error.code);
}

export class GraphqlClient {
  readonly #name: string;
  readonly #send: Send;
  readonly #isPatient: boolean;

  /**
   * @param name of the server, for messages
   * @param isPatient whether to wait, a minute and a half at most, for one that is busy or whose database is away
   */
  constructor(name: string, send: Send, isPatient = false) {
    this.#name = name;
    this.#send = send;
    this.#isPatient = isPatient;
  }

  /** @throws RemoteError when it does not answer, answers with an error, or with something of another shape */
  ask<T>(query: string, variables: object, shape: z.ZodType<T>): Promise<T> {
    const attempt = () => this.#ask(query, variables, shape);
    return this.#isPatient ? retryWhileBusy(attempt, isBusy) : attempt();
  }

  async #ask<T>(query: string, variables: object, shape: z.ZodType<T>): Promise<T> {
    let answer: unknown;
    try {
      answer = await this.#send(query, variables);
    } catch (error) {
      if (error instanceof RemoteError) throw error;
      throw new RemoteError(
        `${this.#name} does not answer as a GraphQL server: ${explainFetch(error)}`,
        false,
        {
          cause: error,
        },
      );
    }
    const failed = ERRORS.safeParse(answer);
    if (failed.success) {
      const [first] = failed.data.errors;
      throw new RemoteError(`${this.#name}: ${first?.message ?? ''}`, true, {
        path: first?.extensions?.inputPath ?? [],
        ...(first?.extensions?.code === undefined ? {} : { code: first.extensions.code }),
      });
    }
    const parsed = z.object({ data: shape }).safeParse(answer);
    if (!parsed.success) {
      const said = PLAIN_ERROR.safeParse(answer);
      const more = said.success ? `: ${said.data.error}` : '';
      throw new RemoteError(`${this.#name} does not answer as a Lapwing server${more}`, true);
    }
    return parsed.data.data;
  }
}
