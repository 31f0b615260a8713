/** Finds the key in what a client sent, wherever clients of its kind put it. */
import type { IncomingHttpHeaders } from 'node:http';

/**
 * `authorization: Bearer KEY`, `authorization: Token KEY` (InfluxDB 2), `authorization: Basic …` with the key as the
 * password and any user (InfluxDB 1), or `x-api-key: KEY`.
 * @returns null when there is none; a header of another form counts as a wrong key, so the text of it is given
 */
export function readHeaderKey(headers: IncomingHttpHeaders): string | null {
  const { authorization, 'x-api-key': plain } = headers;
  if (authorization !== undefined) return readAuthorization(authorization);
  if (plain === undefined) return null;
  return Array.isArray(plain) ? plain.join() : plain;
}

/**
 * The value of an authorization header. Anybody may send it, and over a WebSocket megabytes of it: it is read from its start
 * to its end, once.
 */
function readAuthorization(text: string): string {
  const plain = text.trim();
  const [scheme = ''] = /^\S+/.exec(plain) ?? [];
  const rest = plain.slice(scheme.length).trimStart();
  if (rest === '') return text;
  switch (scheme.toLowerCase()) {
    case 'bearer':
    case 'token':
      return rest;
    case 'basic':
      return readBasicPassword(rest);
    default:
      return text;
  }
}

/**
 * What a client gives when it opens a WebSocket: `{ apiKey }`, `{ authorization: "Bearer …" }`, or the headers a page
 * such as GraphiQL passes on, at the top or below `headers`. The documentation of Apollo has `{ authToken }`, that of
 * graphql-ws `{ token }`.
 */
export function readConnectionKey(params: unknown): string | null {
  if (typeof params !== 'object' || params === null) return null;
  const fields = new Map(
    Object.entries(params).map(([name, value]) => [name.toLowerCase(), value as unknown]),
  );
  for (const name of ['apikey', 'x-api-key']) {
    const value = fields.get(name);
    if (typeof value === 'string') return value;
  }
  for (const name of ['authorization', 'authtoken', 'token']) {
    const value = fields.get(name);
    if (typeof value === 'string') return readAuthorization(value);
  }
  const headers = fields.get('headers');
  return headers === params ? null : readNested(headers);
}

/** One level deep: what is deeper was not put there by any client we know. */
function readNested(headers: unknown): string | null {
  if (typeof headers !== 'object' || headers === null || 'headers' in headers) return null;
  return readConnectionKey(headers);
}

function readBasicPassword(encoded: string): string {
  const text = Buffer.from(encoded, 'base64').toString();
  return text.slice(text.indexOf(':') + 1);
}
