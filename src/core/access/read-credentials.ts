/** Finds the key in what a client sent, wherever clients of its kind put it. */
import type { IncomingHttpHeaders } from 'node:http';

/**
 * What languages write for the key a client does not have yet: `Bearer ${token}` of JavaScript, Python, Go, Swift. All are
 * shorter than a key may be, or hold a blank.
 */
const NO_KEY = /^(?:null|undefined|none|nil|<nil>|\(null\)|nan|false|\[object \w+\])?$/i;

/**
 * `authorization: Bearer KEY`, `authorization: Token KEY` (InfluxDB 2), `authorization: Basic …` with the key as the
 * password and any user (InfluxDB 1), or `x-api-key: KEY`.
 * @returns null when there is none, also in a header: many clients send one before they have a key; a header of another form
 *   counts as a wrong key, so the text of it is given
 */
export function readHeaderKey(headers: IncomingHttpHeaders): string | null {
  const { authorization, 'x-api-key': plain } = headers;
  const named = authorization === undefined ? null : readAuthorization(authorization);
  if (named !== null) return named;
  const text = Array.isArray(plain) ? plain.join() : (plain ?? '');
  return asKey(text);
}

/**
 * The value of an authorization header. Anybody may send it, and over a WebSocket megabytes of it: it is read from its start
 * to its end, once.
 */
function readAuthorization(text: string): string | null {
  const plain = text.trim();
  const [scheme = ''] = /^\S+/.exec(plain) ?? [];
  const rest = plain.slice(scheme.length).trimStart();
  if (isNoKey(plain)) return null;
  switch (scheme.toLowerCase()) {
    case 'bearer':
    case 'token':
      return asKey(rest);
    case 'basic':
      return isNoKey(rest) ? null : readBasicPassword(rest);
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
    if (typeof value === 'string' && !isNoKey(value)) return value;
  }
  for (const name of ['authorization', 'authtoken', 'token']) {
    const value = fields.get(name);
    const key = typeof value === 'string' ? readAuthorization(value) : null;
    if (key !== null) return key;
  }
  const headers = fields.get('headers');
  return headers === params ? null : readNested(headers);
}

/** One level deep: what is deeper was not put there by any client we know. */
function readNested(headers: unknown): string | null {
  if (typeof headers !== 'object' || headers === null || 'headers' in headers) return null;
  return readConnectionKey(headers);
}

function readBasicPassword(encoded: string): string | null {
  const text = Buffer.from(encoded, 'base64').toString();
  return asKey(text.slice(text.indexOf(':') + 1));
}

/** @returns null for what a client writes that has no key yet */
export function asKey(text: string): string | null {
  return isNoKey(text) ? null : text;
}

function isNoKey(text: string): boolean {
  return NO_KEY.test(text.trim());
}
