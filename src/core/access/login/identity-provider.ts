/**
 * The OpenID Connect provider: authorization code with PKCE, and the question whether a user still is who it was. The
 * protocol is openid-client's; what is asked for, and what an answer means for a session, is decided here.
 */
import type { ClientAuth, Configuration } from 'openid-client';
import { explainAnswer, findOtherIssuer } from './explain-answer.ts';
import type { LoginError } from './login-error.ts';
import { isGrantRefused, isTokenRefused } from './provider-refusal.ts';
import { type Claims, isElsewhere, readClaim, readPayload, readUserName } from './roles.ts';
import type { Tokens } from './session-secret.ts';

type Library = typeof import('openid-client');

export interface IdentityProviderOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scopes: string;
  readonly roleClaim: string;
  /** Where the provider sends people back to; registered there. */
  readonly redirectUrl: string;
}

/** What a login is begun with; known to the browser that began it alone. */
export interface LoginChecks {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** What the provider says of a user. */
export interface Confirmation {
  readonly subject: string;
  readonly userName: string;
  /** Of the role claim. */
  readonly values: readonly string[];
  /** There are none, as the provider leaves out what is too long. */
  readonly isTooLong?: boolean;
  readonly tokens: Tokens;
  /** How long it can be asked again, in seconds; null for as long as it wants. */
  readonly lifeSeconds: number | null;
}

const ANSWER_LIMIT_SECONDS = 10;
/** Of an access token that does not say how long it is valid. */
const ACCESS_TOKEN_SECONDS = 3600;
/** Addresses of a provider change seldom; its keys are read anew when it signs with one that is not known. */
const DISCOVERED_FOR_MS = 24 * 3_600_000;

type Token = Awaited<ReturnType<Library['refreshTokenGrant']>>;

export class IdentityProvider {
  readonly #options: IdentityProviderOptions;
  readonly #library: Library;
  #discovered: { readonly config: Promise<Configuration>; readonly untilMs: number } | null = null;

  private constructor(options: IdentityProviderOptions, library: Library) {
    this.#options = options;
    this.#library = library;
  }

  /** The library is loaded here: servers nobody signs in to go without it. */
  static async open(options: IdentityProviderOptions): Promise<IdentityProvider> {
    return new IdentityProvider(options, await import('openid-client'));
  }

  get issuer(): string {
    return this.#options.issuer;
  }

  /** Where the browser is to go to sign in. @throws LoginError while the provider cannot be reached */
  async begin(): Promise<{ readonly url: URL; readonly checks: LoginChecks }> {
    const config = await this.#discover();
    const { randomState, randomNonce, randomPKCECodeVerifier } = this.#library;
    const checks = { state: randomState(), nonce: randomNonce(), codeVerifier: randomPKCECodeVerifier() };
    const url = this.#library.buildAuthorizationUrl(config, {
      redirect_uri: this.#options.redirectUrl,
      scope: this.#options.scopes,
      state: checks.state,
      nonce: checks.nonce,
      code_challenge: await this.#library.calculatePKCECodeChallenge(checks.codeVerifier),
      code_challenge_method: 'S256',
    });
    return { url, checks };
  }

  /**
   * Takes what the browser came back with.
   * @param query of the callback
   * @throws LoginError when anything of it is not as the checks say, or not signed by the provider
   */
  async complete(query: URLSearchParams, { state, nonce, codeVerifier }: LoginChecks): Promise<Confirmation> {
    const config = await this.#discover();
    const url = new URL(`${this.#options.redirectUrl}?${query.toString()}`);
    try {
      const token = await this.#library.authorizationCodeGrant(config, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      });
      const claims = token.claims();
      if (claims === undefined || token.id_token === undefined) throw new Error('there is no ID token');
      return await this.#confirm(config, claims.sub, {
        tokens: {
          refreshToken: token.refresh_token ?? null,
          accessToken: token.access_token,
          idToken: token.id_token,
        },
        claims,
        lifeSeconds: token.refresh_token === undefined ? (token.expires_in ?? ACCESS_TOKEN_SECONDS) : null,
      });
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /**
   * Asks again, with the refresh token or, where there is none, with the access token at the userinfo endpoint.
   * @param keep is given tokens that were renewed before something failed: the old refresh token may have been valid once
   * @returns null when the provider says that the user or the session is not valid any more
   * @throws whatever kept the provider from saying anything
   */
  async confirm(
    subject: string,
    tokens: Tokens,
    keep: (renewed: Tokens) => Promise<void>,
  ): Promise<Confirmation | null> {
    const config = await this.#discover();
    let token: Token | null = null;
    try {
      if (tokens.refreshToken !== null)
        token = await this.#library.refreshTokenGrant(config, tokens.refreshToken);
    } catch (error) {
      if (await isGrantRefused(this.#library, error)) return null;
      throw error;
    }
    const claims = token?.claims() ?? null;
    if (claims !== null && claims.sub !== subject) return null;
    const renewed = token === null ? tokens : renew(tokens, token);
    try {
      return await this.#confirm(config, subject, { tokens: renewed, claims, lifeSeconds: null });
    } catch (error) {
      if (isTokenRefused(this.#library, error)) return null;
      if (token !== null) await keep(renewed);
      throw error;
    }
  }

  /** Where the browser is to go to sign out there, too; null where the provider has no such place, or is away. */
  async findEndSession(idToken: string, returnUrl: string): Promise<string | null> {
    const config = await this.#discover().catch(() => null);
    if (config?.serverMetadata().end_session_endpoint === undefined) return null;
    return this.#library.buildEndSessionUrl(config, {
      id_token_hint: idToken,
      post_logout_redirect_uri: returnUrl,
    }).href;
  }

  /**
   * The claim is looked for in the ID token of this answer, then at the userinfo endpoint. What the ID token of before
   * said counts where neither has it: it is all that such a provider ever says.
   */
  async #confirm(
    config: Configuration,
    subject: string,
    given: { readonly tokens: Tokens; readonly claims: Claims | null; readonly lifeSeconds: number | null },
  ): Promise<Confirmation> {
    const { tokens, claims, lifeSeconds } = given;
    const { roleClaim } = this.#options;
    let values = claims === null ? null : readClaim(claims, roleClaim);
    let userInfo: Claims = {};
    if (values === null && config.serverMetadata().userinfo_endpoint !== undefined) {
      userInfo = await this.#library.fetchUserInfo(config, tokens.accessToken, subject);
      values = readClaim(userInfo, roleClaim);
    }
    const before = readPayload(tokens.idToken);
    values ??= claims === null ? readClaim(before, roleClaim) : null;
    const userName = readUserName({ ...before, ...claims, ...userInfo });
    const isTooLong = values === null && isElsewhere({ ...claims, ...userInfo }, roleClaim);
    return { subject, userName, values: values ?? [], isTooLong, tokens, lifeSeconds };
  }

  #discover(): Promise<Configuration> {
    if (this.#discovered !== null && this.#discovered.untilMs > Date.now()) return this.#discovered.config;
    const config = this.#readConfiguration();
    const discovered = { config, untilMs: Date.now() + DISCOVERED_FOR_MS };
    this.#discovered = discovered;
    config.catch(() => {
      if (this.#discovered === discovered) this.#discovered = null;
    });
    return config;
  }

  /** Some issuers end with a slash, as those of Auth0 and Authentik, and people leave it out, or write one. */
  async #readConfiguration(): Promise<Configuration> {
    const { issuer } = this.#options;
    try {
      return await this.#readDiscovery(issuer).catch((error: unknown) => {
        const other = findOtherIssuer(error);
        if (other === null || withoutSlash(other) !== withoutSlash(issuer)) throw error;
        return this.#readDiscovery(other);
      });
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #readDiscovery(issuer: string): Promise<Configuration> {
    const { clientId, clientSecret } = this.#options;
    // Marked so that it is seen: the settings allow it for loopback alone.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const { allowInsecureRequests, enableNonRepudiationChecks } = this.#library;
    const server = new URL(issuer);
    return this.#library.discovery(server, clientId, clientSecret, this.#authenticate, {
      timeout: ANSWER_LIMIT_SECONDS,
      // Without the second, signatures of ID tokens that come by TLS are not checked.
      execute: [...(server.protocol === 'http:' ? [allowInsecureRequests] : []), enableNonRepudiationChecks],
    });
  }

  /** As registered clients do where nothing else is said; otherwise in the body, where the provider takes only that. */
  readonly #authenticate: ClientAuth = (server, client, body, headers) => {
    const { clientSecret } = this.#options;
    const methods = server.token_endpoint_auth_methods_supported;
    const isBasic = methods?.includes('client_secret_basic') ?? true;
    const { ClientSecretBasic, ClientSecretPost } = this.#library;
    const authenticate = isBasic ? ClientSecretBasic(clientSecret) : ClientSecretPost(clientSecret);
    authenticate(server, client, body, headers);
  };

  #explain(error: unknown): LoginError {
    return explainAnswer(this.#library, this.#options.issuer, error);
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}

/** A provider that gives no new one keeps the old one valid. */
function renew(tokens: Tokens, token: Token): Tokens {
  return {
    refreshToken: token.refresh_token ?? tokens.refreshToken,
    accessToken: token.access_token,
    idToken: token.id_token ?? tokens.idToken,
  };
}
