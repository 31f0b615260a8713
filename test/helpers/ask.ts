/** One GraphQL request over HTTP. */
import type { Asker } from './login.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The shape is the test's business: it reads what it asked for.
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors: readonly { message: string; path?: unknown; extensions?: Record<string, unknown> }[];
  readonly text: string;
}

export async function ask(
  server: Asker,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Answer> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(server.key === undefined ? {} : { authorization: `Bearer ${server.key}` }),
      ...server.headers,
    },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  const body = JSON.parse(text) as Partial<Answer>;
  return {
    status: response.status,
    headers: response.headers,
    data: body.data,
    errors: body.errors ?? [],
    text,
  };
}

/** The data of a request that has to succeed. */
export async function read<T>(
  server: Asker,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<T> {
  const { data, errors } = await ask(server, query, variables);
  if (errors.length > 0 || data == null) throw new Error(`the request failed: ${JSON.stringify(errors)}`);
  return data as T;
}
