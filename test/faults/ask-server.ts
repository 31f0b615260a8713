/** One question to a server that may be away. */

/** @throws Error when the server is away or answers with errors */
export async function ask<T>(url: string, query: string, variables: object = {}): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(30_000),
  });
  const body = (await response.json()) as { data?: T; errors?: { message: string }[] };
  if (body.errors !== undefined || body.data === undefined) {
    throw new Error(body.errors?.map(({ message }) => message).join('; ') ?? `HTTP ${response.status}`);
  }
  return body.data;
}
