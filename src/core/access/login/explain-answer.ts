/** What went wrong with an OpenID Connect provider, in words that say what to change. */
import { LoginError } from './login-error.ts';

type Library = typeof import('openid-client');

const MAX_SHOWN = 200;
/** Codes of Node for a certificate of an authority that it does not know. */
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|UNTRUSTED/;

/** @param issuer as the settings name it */
export function explainAnswer(library: Library, issuer: string, error: unknown): LoginError {
  if (error instanceof LoginError) return error;
  const { host } = new URL(issuer);
  const { AuthorizationResponseError, ResponseBodyError, ClientError } = library;
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    const more = error.error_description === undefined ? '' : ` (${error.error_description})`;
    return new LoginError('denied', `${host} refused: ${error.error}${more}`, { cause: error });
  }
  const isTooLate = error instanceof ClientError && error.code === 'OAUTH_TIMEOUT';
  if (isTooLate || (error instanceof TypeError && error.message === 'fetch failed')) {
    const message = `${host} cannot be reached${describeFailure(error)}`;
    return new LoginError('unreachable', message, { cause: error });
  }
  const other = findOtherIssuer(error);
  const why =
    other === null
      ? describeResponse(error)
      : `it calls itself ${show(other)}, and LAPWING_OIDC_ISSUER is ${show(issuer)}`;
  return new LoginError('bad_answer', `what ${host} answered is not valid: ${why}`, { cause: error });
}

/** @returns what a discovery document calls its provider; null where that is not what is wrong with it */
export function findOtherIssuer(error: unknown): string | null {
  const cause = readField(error, 'cause');
  const attribute = readField(cause, 'attribute');
  const issuer = readField(readField(cause, 'body'), 'issuer');
  return attribute === 'issuer' && typeof issuer === 'string' ? issuer : null;
}

function describeFailure(error: unknown): string {
  const code = readField(readField(error, 'cause'), 'code');
  if (typeof code !== 'string') return ': try again later';
  return UNTRUSTED.test(code)
    ? ` (${code}): its certificate is not trusted here; NODE_EXTRA_CA_CERTS names the file of an authority that is`
    : ` (${code}): try again later`;
}

/** With what was answered, and where. */
function describeResponse(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  // Of a challenge the response stands beside what is in it.
  const response = readField(error, 'response') ?? readField(error, 'cause');
  if (response instanceof Error) return `${why}: ${show(response.message)}${describeClock(error)}`;
  if (!(response instanceof Response)) return why;
  const { status, headers, url } = response;
  const location = headers.get('location');
  const type = headers.get('content-type')?.split(';')[0] ?? 'no content type';
  const challenge = headers.get('www-authenticate');
  const what = [String(status), location === null ? show(challenge ?? type) : `to ${show(location)}`].join(
    ', ',
  );
  return `${why} (${what}${url === '' ? '' : ` at ${show(new URL(url).pathname)}`})`;
}

/** Of a token that is too young or too old. */
function describeClock(error: unknown): string {
  const isOfTime = readField(error, 'code') === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED';
  return isOfTime ? ' (are the clocks of both servers right?)' : '';
}

function show(text: string): string {
  return text.slice(0, MAX_SHOWN);
}

function readField(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (Reflect.get(value, name) as unknown) : undefined;
}
