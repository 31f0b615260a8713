/**
 * What an OpenID Connect provider says of a user by refusing: only then a session ends. A refusal of this server, whose client
 * secret was replaced, or of a request too many, says nothing of the user.
 */

type Library = typeof import('openid-client');

/**
 * Of the token endpoint. RFC 6749 (5.2) has the first; the others are of the authorization endpoint (OpenID Connect Core
 * 3.1.2.6), and providers give them here, too, when a user or a policy has to be asked again: Entra ID and Auth0 do.
 */
const REFUSALS: ReadonlySet<string> = new Set([
  'invalid_grant',
  'access_denied',
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
]);

/** Whether a refresh token was refused. */
export async function isGrantRefused(library: Library, error: unknown): Promise<boolean> {
  if (error instanceof library.ResponseBodyError) return REFUSALS.has(error.error);
  // With a challenge the body is left unread. RFC 6749 demands one of invalid_client, which is about this server.
  if (!(error instanceof library.WWWAuthenticateChallengeError)) return false;
  return REFUSALS.has(await readError(error.response));
}

/** Whether an access token was refused at the userinfo endpoint. */
export function isTokenRefused(library: Library, error: unknown): boolean {
  if (error instanceof library.WWWAuthenticateChallengeError) return error.status < 500;
  // RFC 6750 (3) demands a challenge beside 401; not every provider gives one.
  return (
    error instanceof library.ClientError && error.cause instanceof Response && error.cause.status === 401
  );
}

/** The error code of a JSON body; empty for any other body. */
async function readError(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => null);
  if (typeof body !== 'object' || body === null || !('error' in body)) return '';
  return typeof body.error === 'string' ? body.error : '';
}
