/** Links of people who signed in: a session that is over ends none, a user who may not any more ends all of theirs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoginSetup, prepareLogin } from '../../../helpers/login.ts';
import { startServer, startServerOver, type TestServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';
import { ask } from '../../../helpers/ask.ts';
import { addMetric, createLink, followPanel } from './embedded.ts';

let login: LoginSetup;
let server: TestServer;
let metric: string;

beforeAll(async () => {
  login = await prepareLogin('ops=ADMIN; dev=WRITE@default; look=READ; other=WRITE@elsewhere', {
    LAPWING_OIDC_REFRESH_SECONDS: '1',
  });
  server = await startServer({ settings: login.settings });
  login.leadTo(server.url);
  metric = await addMetric(server, 'shown', 3);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await login[Symbol.asyncDispose]();
});

const statusOf = async (url: string) => {
  const response = await fetch(`${url}/data`);
  await response.body?.cancel();
  return response.status;
};

describe('a link of a user', () => {
  it('goes on after the session ended by time or by signing out', async () => {
    const visitor = await login.signIn('ann', ['ops']);
    const { url } = await createLink(visitor.asker, metric);
    await visitor.request(`${login.url}/auth/logout`, { method: 'POST', headers: { origin: login.url } });
    expect((await ask(visitor.asker, '{ serverInfo { version } }')).status).toBe(401);
    expect(await statusOf(url)).toBe(200);
  });

  it.each([
    ['has no role any more', ['none']],
    ['may only read now', ['look']],
    ['sees another account now', ['other']],
  ])('ends when the user %s, its open stream too, and is back with the role', async (name, groups) => {
    const subject = `who ${name}`;
    const { asker } = await login.signIn(subject, ['dev']);
    const { url } = await createLink(asker, metric);
    const events = followPanel(url, null);
    const first = events.next();
    await until(() => expect(server.engine.live.subscriberCount()).toBe(1));
    login.provider.people.set(subject, { name: subject, groups });
    // The provider is asked about a session that is used.
    await until(async () => {
      await ask(asker, '{ serverInfo { version } }');
      expect(await statusOf(url)).toBe(403);
    });
    expect((await first).value).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    await until(() => expect(server.engine.live.subscriberCount()).toBe(0));
    await login.signIn(subject, ['dev']);
    expect(await statusOf(url)).toBe(200);
  });

  it('ends when the user tries to sign in without a role', async () => {
    const { asker } = await login.signIn('bob', ['ops']);
    const { url } = await createLink(asker, metric);
    await expect(login.signIn('bob', ['none'])).rejects.toThrow('not signed in: 403');
    expect(await statusOf(url)).toBe(403);
  });

  it('is kept over a restart, and ends when the user was not confirmed for 30 days', async () => {
    const { asker } = await login.signIn('cy', ['ops']);
    const { url } = await createLink(asker, metric);
    const { pool } = server.database;
    const { rows } = await pool.query(
      `SELECT role, confirmed_at > now() - interval '1 minute' AS "isNew" FROM login_user WHERE subject = 'cy'`,
    );
    expect(rows).toEqual([{ role: 'ops', isNew: true }]);
    const statusAfterRestart = async () => {
      await using again = await startServerOver(server.database, login);
      return await statusOf(`${again.url}${new URL(url).pathname}`);
    };
    await server.stop();
    expect(await statusAfterRestart()).toBe(200);
    await pool.query(`UPDATE login_user SET confirmed_at = now() - interval '30 days' WHERE subject = 'cy'`);
    expect(await statusAfterRestart()).toBe(403);
  });
});
