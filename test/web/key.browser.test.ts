/** A server that wants a key: the page asks for it once, and keeps it in its tab. */
import { describe, expect, it } from 'vitest';
import { startServer } from '../helpers/start-server.ts';
import { HANDS } from './hands.ts';
import { findChromium, openBrowser } from './open-browser.ts';

const executable = findChromium();
const KEY = 'lapwing_a-key-of-this-test-alone';

describe.skipIf(executable === null)('the page of a server with keys', () => {
  it('asks for one, refuses a wrong one, and is live with the right one', async () => {
    await using browser = await openBrowser(executable ?? '');
    await using server = await startServer({ settings: { LAPWING_API_KEY: KEY } });
    for (const take of HANDS) {
      const { page } = await browser.open(server.url);
      const hands = take(page);
      const dialog = page.getByRole('dialog', { name: 'Sign in with an API key' });
      await hands.type(dialog.getByLabel('API key'), 'wrong');
      await hands.press(dialog.getByRole('button', { name: 'Sign in' }));
      await page.waitForLoadState();
      await hands.type(dialog.getByLabel('API key'), KEY);
      await hands.press(dialog.getByRole('button', { name: 'Sign in' }));
      await page.getByText('No metrics yet').waitFor();
      await page.locator('.connection').getByText('Live', { exact: true }).waitFor();
      expect(await page.evaluate('sessionStorage.length')).toBe(1);
      expect(await page.evaluate('Object.keys(localStorage).filter((key) => key.includes("key"))')).toEqual(
        [],
      );
      // The server is closed, though it keeps no key.
      await page.goto(`${server.url}/server/keys`);
      await page.getByText('This tab has the key of LAPWING_API_KEY.').waitFor();
      await page.context().close();
    }
  });
});
