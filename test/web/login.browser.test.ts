/** A server that people sign in to: the page leads to the provider and back, says who it is, and signs out. */
import { describe, expect, it } from 'vitest';
import { prepareLogin } from '../helpers/login.ts';
import { startServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { findFaults } from './check-page.ts';
import { HANDS } from './hands.ts';
import { findChromium, openBrowser } from './open-browser.ts';

const executable = findChromium();

describe.skipIf(executable === null)('the page of a server that people sign in to', () => {
  it('leads to the provider and back to where one was, is live, and signs out', async () => {
    await using browser = await openBrowser(executable ?? '');
    await using login = await prepareLogin('ops=ADMIN');
    await using server = await startServer({ settings: login.settings });
    login.leadTo(server.url);
    login.provider.people.set('alice', { name: 'alice', groups: ['ops'] });
    login.provider.next = 'alice';
    for (const take of HANDS) {
      const { page } = await browser.open(`${login.url}/incidents?show=ALL`);
      const hands = take(page);
      const dialog = page.getByRole('dialog', { name: 'Sign in' });
      await dialog.getByRole('link', { name: 'Sign in with Test ID' }).waitFor();
      expect(await findFaults(page, 'the login')).toEqual([]);
      await hands.press(dialog.getByRole('link', { name: 'Sign in with Test ID' }));
      await page.getByText('alice', { exact: true }).waitFor();
      await until(() => expect(page.url()).toBe(`${login.url}/incidents?show=ALL`));
      await page.locator('.connection').getByText('Live', { exact: true }).waitFor();
      expect(await page.evaluate('document.cookie')).toBe('');
      expect(await findFaults(page, 'a page with a user')).toEqual([]);
      await hands.press(page.getByRole('button', { name: 'Sign out' }));
      await page.getByRole('button', { name: 'Yes, sign me out' }).click();
      await dialog.waitFor();
      await until(() => expect(page.url()).toBe(`${login.url}/`));
      await page.context().close();
    }
    // A screen on a wall whose session ends says so, and goes on once somebody signs in elsewhere.
    const { page: wall } = await browser.open(`${login.url}/?wall=1`);
    const live = wall.locator('.connection').getByText('Live', { exact: true });
    const trouble = wall.getByRole('alert').filter({ hasText: /^Not live since .*session has ended/ });
    await trouble.waitFor();
    expect(await findFaults(wall, 'a wall screen without a session')).toEqual([]);
    await trouble.getByRole('link', { name: 'Sign in with Test ID' }).click();
    await live.waitFor();
    await wall.getByText('No metrics yet.').waitFor();
    expect(await trouble.count()).toBe(0);
    const desk = await wall.context().newPage();
    await desk.goto(`${login.url}/incidents`);
    await desk.getByRole('button', { name: 'Sign out' }).click();
    await desk.getByRole('button', { name: 'Yes, sign me out' }).click();
    await trouble.waitFor();
    await desk
      .getByRole('dialog', { name: 'Sign in' })
      .getByRole('link', { name: 'Sign in with Test ID' })
      .click();
    await live.waitFor();
    await trouble.waitFor({ state: 'detached' });
    await wall.context().close();
    // One that was opened before anybody had signed in in its browser does, too.
    const { page: early } = await browser.open(`${login.url}/rules`);
    await early.getByRole('dialog', { name: 'Sign in' }).waitFor();
    await early.keyboard.press('Escape');
    await early.locator('.connection').getByText('Not signed in').waitFor();
    const later = await early.context().newPage();
    await later.goto(login.url);
    await later
      .getByRole('dialog', { name: 'Sign in' })
      .getByRole('link', { name: 'Sign in with Test ID' })
      .click();
    await later.getByText('alice', { exact: true }).waitFor();
    await early.locator('.connection').getByText('Live', { exact: true }).waitFor();
    await early.getByText('No rules yet').waitFor();
    await early.context().close();
  });
});
