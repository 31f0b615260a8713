/** One question to a server that may be away. */

/** The server answered, with errors. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly codes: readonly string[];
  constructor(errors: readonly { readonly message: string; readonly extensions?: { code?: string } }[]) {
    super(errors.map(({ message }) => message).join('; '));
    this.codes = errors.map(({ extensions }) => extensions?.code ?? 'none');
  }
}

/**
 * @param headers beside the content type
 * @throws AnswerError when the server answers with errors, another when it is away
 */
export async function ask<T>(
  url: string,
  query: string,
  variables: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(30_000),
  });
  const body = (await response.json()) as { data?: T; errors?: { message: string }[] };
  if (body.errors !== undefined) throw new AnswerError(body.errors);
  if (body.data === undefined) throw new Error(`HTTP ${response.status}`);
  return body.data;
}
