/** Keys and the audit log: made, shown once, revoked, and read again, by mouse and by keyboard. */
import { describe, expect, it } from 'vitest';
import { ask } from '../helpers/ask.ts';
import { startServer } from '../helpers/start-server.ts';
import { HANDS, type Hands } from './hands.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';

const executable = findChromium();

/** Makes a key on its page. @returns what is shown of it, the once */
async function makeKey(page: Awaited<ReturnType<TestBrowser['open']>>['page'], hands: Hands, name: string) {
  await hands.type(page.getByLabel('Name of the key'), name);
  await hands.press(page.getByRole('button', { name: 'Create key' }));
  const shown = page.getByRole('region', { name: 'The new key' });
  const secret = await shown.getByLabel('Key', { exact: true }).innerText();
  await hands.press(shown.getByRole('button', { name: 'Done' }));
  await shown.waitFor({ state: 'detached' });
  return secret;
}

describe.skipIf(executable === null)('the page of keys', () => {
  it('makes the first key of an open server and goes on with it, makes others, and revokes them', async () => {
    await using browser = await openBrowser(executable ?? '');
    await using server = await startServer();
    const [mouse, keyboard] = HANDS;
    if (mouse === undefined || keyboard === undefined) throw new Error('there are two hands');

    const { page, errors } = await browser.open(`${server.url}/server/keys`);
    const admin = await makeKey(page, mouse(page), 'the first');
    expect((await ask(server, '{ accounts { name } }')).status).toBe(401);
    expect((await ask({ ...server, key: admin }, '{ accounts { name } }')).errors).toEqual([]);
    await page.getByRole('listitem', { name: 'Key the first' }).getByText('admin').waitFor();
    // The page that closed the server is not locked out by it, and the key is nowhere to be read again.
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.reload();
    await page.getByRole('listitem', { name: 'Key the first' }).waitFor();
    expect(await page.getByText(admin).count()).toBe(0);

    for (const take of HANDS) {
      const hands = take(page);
      const name = `by ${hands.name}`;
      const key = await makeKey(page, hands, name);
      expect((await ask({ ...server, key }, '{ serverInfo { version } }')).errors).toEqual([]);
      await hands.press(page.getByRole('button', { name: `Revoke ${name}` }));
      await hands.press(page.getByRole('button', { name: 'Revoke key', exact: true }));
      await page.getByRole('listitem', { name: `Key ${name}` }).waitFor({ state: 'detached' });
      expect((await ask({ ...server, key }, '{ serverInfo { version } }')).status).toBe(401);
    }

    await page.getByRole('link', { name: 'Audit log' }).click();
    const changes = page.getByRole('list', { name: 'Changes' });
    await changes.getByRole('button', { name: 'revokeApiKey' }).first().click();
    await page.getByText('Only revokeApiKey').waitFor();
    await changes.getByRole('button', { name: 'createApiKey' }).first().waitFor({ state: 'detached' });
    expect(await changes.getByRole('button', { name: 'revokeApiKey' }).count()).toBe(2);
    await keyboard(page).press(changes.getByRole('button', { name: 'by the first' }).first());
    await page.getByText(/Only revokeApiKey, those with the key/).waitFor();
    expect(errors).toEqual([]);
  });
});
