/** A server that wants a key: the page asks for it once, and keeps it in its tab. */
import { describe, expect, it } from 'vitest';
import { read } from '../helpers/ask.ts';
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
      await dialog.getByText('The server refuses the API key of this tab').waitFor();
      await hands.type(dialog.getByLabel('API key'), 'schlüssel');
      await hands.press(dialog.getByRole('button', { name: 'Sign in' }));
      await dialog.getByText('no letters but those of ASCII').waitFor();
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

  it('asks again when the key is revoked, and what was typed meanwhile is still there', async () => {
    await using browser = await openBrowser(executable ?? '');
    await using server = await startServer({ settings: { LAPWING_API_KEY: KEY } });
    const admin = { url: server.url, key: KEY };
    const { createApiKey } = await read<{ createApiKey: { secret: string; apiKey: { id: string } } }>(
      admin,
      `mutation ($input: CreateApiKeyInput!) {
        createApiKey(input: $input) { ... on CreatedApiKey { secret apiKey { id } } }
      }`,
      { input: { name: 'of a tab', scopes: ['ADMIN'] } },
    );
    const { page } = await browser.open(`${server.url}/rules/new`);
    const dialog = page.getByRole('dialog', { name: 'Sign in with an API key' });
    const signIn = async (key: string) => {
      await dialog.getByLabel('API key').fill(key);
      await dialog.getByRole('button', { name: 'Sign in' }).click();
      await page.locator('.connection').getByText('Live', { exact: true }).waitFor();
    };
    // As it stands in a header.
    await signIn(`Bearer ${createApiKey.secret}`);
    const name = page.getByLabel('Name of the rule');
    await name.fill('typed for ten minutes');
    await read(
      admin,
      `mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { __typename } }`,
      {
        input: { id: createApiKey.apiKey.id },
      },
    );
    await dialog.getByText('wrong, expired or revoked').waitFor();
    await signIn(KEY);
    expect(await name.inputValue()).toBe('typed for ten minutes');
    await page.getByRole('button', { name: 'Save rule' }).click();
    await page.getByRole('heading', { name: 'typed for ten minutes' }).waitFor();
    expect(await dialog.count()).toBe(0);
  });
});
