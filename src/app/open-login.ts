/** Signing in through an OpenID Connect provider, where the settings name one. */
import { CALLBACK_PATH, type LoginParts } from '../api/http/auth/auth-endpoint.ts';
import { ensureAccount } from '../core/access/key-store.ts';
import { IdentityProvider } from '../core/access/login/identity-provider.ts';
import { LoginFlow } from '../core/access/login/login-flow.ts';
import type { Role } from '../core/access/login/roles.ts';
import { SessionCookie } from '../core/access/login/session-cookie.ts';
import { Sessions } from '../core/access/login/sessions.ts';
import { Users } from '../core/access/login/user-store.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { RoleSetting } from '../platform/config/oidc.ts';
import type { Config } from '../platform/config/read-config.ts';
import type { SendEnvironment } from './app-context.ts';
import type { Engine } from './build-core.ts';

/** Null where nobody signs in. The provider need not be there yet. */
export async function openLogin(
  options: SendEnvironment & { readonly engine: Pick<Engine, 'pool' | 'prisma' | 'stats'> },
): Promise<LoginParts | null> {
  const { config, log, engine, teardown } = options;
  const { oidcIssuer, oidcRoles, publicUrl } = config;
  const provider = await openProvider(config);
  // The settings have all of them, or none.
  if (provider === null || oidcIssuer === undefined || oidcRoles === undefined || publicUrl === undefined)
    return null;
  const roles = await findAccounts(engine.prisma, oidcRoles);
  const users = new Users({ ...engine, issuer: oidcIssuer, roles, log });
  const sessions = new Sessions({
    ...engine,
    provider,
    users,
    roles,
    roleClaim: config.oidcRoleClaim,
    refreshSeconds: config.oidcRefreshSeconds,
    sessionHours: config.oidcSessionHours,
    log,
  });
  await sessions.start();
  teardown.add(() => sessions.stop());
  return {
    flow: new LoginFlow({ ...engine, provider, sessions, publicUrl }),
    sessions,
    users,
    cookie: new SessionCookie(publicUrl),
    name: config.oidcName ?? new URL(oidcIssuer).host,
    publicUrl,
    sessionHours: config.oidcSessionHours,
  };
}

/** Asks it nothing yet. Null where the settings name none. */
export async function openProvider(config: Config): Promise<IdentityProvider | null> {
  const { oidcIssuer: issuer, oidcClientId: clientId, oidcClientSecret: clientSecret, publicUrl } = config;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined || publicUrl === undefined)
    return null;
  return IdentityProvider.open({
    issuer,
    clientId,
    clientSecret,
    scopes: config.oidcScopes,
    roleClaim: config.oidcRoleClaim,
    redirectUrl: `${publicUrl}${CALLBACK_PATH}`,
  });
}

/** Accounts that are not there yet are made, as with keys. */
async function findAccounts(
  prisma: PrismaClient,
  settings: readonly RoleSetting[],
): Promise<readonly Role[]> {
  const roles: Role[] = [];
  for (const { value, scopes, account } of settings) {
    const accountId = account === null ? null : (await ensureAccount(prisma, account)).id;
    roles.push({ value, scopes, accountId });
  }
  return roles;
}
