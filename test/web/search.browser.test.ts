/** The search: by Ctrl-K, a slash or its button; what it finds is opened by mouse and by keyboard. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { findFaults } from './check-page.ts';
import { HANDS } from './hands.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';

const executable = findChromium();

describe.skipIf(executable === null)('the search', () => {
  let server: TestServer;
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
    server = await startServer();
    for (const name of ['web.latency', 'web.errors', 'disk.free'])
      await server.engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model: {} });
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('opens by Ctrl-K, chooses with arrows, opens with Enter, and has recent ones first', async () => {
    const { page, errors } = await browser.open(server.url);
    await page.getByRole('button', { name: 'Search' }).waitFor();
    await page.keyboard.press('ControlOrMeta+k');
    const field = page.getByRole('dialog').getByRole('combobox');
    const chosen = page.getByRole('dialog').getByRole('option', { selected: true });
    await chosen.filter({ hasText: 'Overview' }).waitFor();
    await page.keyboard.type('web.');
    await chosen.filter({ hasText: 'web.errors' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await chosen.filter({ hasText: 'web.latency' }).waitFor();
    expect(await field.getAttribute('aria-activedescendant')).toBe(await chosen.getAttribute('id'));
    expect(await findFaults(page, 'the search')).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'web.latency' }).waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // The next Tab leads into what was opened, not through the header.
    await page.locator('main:focus').waitFor();
    await page.keyboard.press('Tab');
    await page.locator('main :focus').waitFor();
    await page.keyboard.press('/');
    await chosen.filter({ hasText: 'web.latencyMetric' }).waitFor();
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('opens what is found first when Enter comes before the answer, and closes by Escape', async () => {
    const { page, errors } = await browser.open(server.url);
    const search = page.getByRole('button', { name: 'Search' });
    await search.waitFor();
    await search.click();
    await page.keyboard.type('disk');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'disk.free' }).waitFor();
    await search.click();
    await page.keyboard.type('disk');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await search.and(page.locator(':focus')).waitFor();
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('is used by touch on a telephone, and says when nothing has the name', async () => {
    const viewport = { width: 360, height: 640 };
    const { page, errors } = await browser.open(server.url, { viewport });
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('dialog').getByRole('combobox').fill('no such name');
    await page.getByText('Nothing has this in its name.').waitFor();
    await page.getByRole('dialog').getByRole('combobox').fill('audit');
    await page.getByRole('option', { name: 'Audit log' }).click();
    await page.getByRole('heading', { name: 'Audit log' }).waitFor();
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('leaves a slash that is typed into a field alone', async () => {
    const { page, errors } = await browser.open(server.url);
    const field = page.getByLabel('Search metrics and resources');
    await field.focus();
    await page.keyboard.type('a/b');
    expect(await field.inputValue()).toBe('a/b');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('finds views saved under a name and metrics with a star, which can be renamed and deleted', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/?least=RED&order=NAME`);
      const hands = take(page);
      const dialog = page.getByRole('dialog', { name: 'Saved views' });
      await hands.press(page.getByRole('button', { name: 'Views' }));
      await hands.type(dialog.getByLabel('Name of this view'), 'Red ones');
      await hands.press(dialog.getByRole('button', { name: 'Save this view' }));
      await dialog.getByRole('link', { name: 'Red ones' }).waitFor();
      await hands.type(dialog.getByLabel('Name of this view'), 'Red ones');
      await hands.press(dialog.getByRole('button', { name: 'Save this view' }));
      await dialog.getByRole('alert').getByText('There is one of this name already.').waitFor();
      await hands.press(dialog.getByRole('button', { name: 'Rename Red ones' }));
      await hands.type(dialog.getByLabel('New name'), 'Critical ones');
      await hands.press(dialog.getByRole('button', { name: 'Rename', exact: true }));
      await dialog.getByRole('link', { name: 'Critical ones' }).waitFor();
      if (hands.name === 'mouse') expect(await findFaults(page, 'the saved views')).toEqual([]);
      await hands.press(dialog.getByRole('button', { name: 'Close' }));
      await page.goto(`${server.url}/?q=disk.free`);
      await page.getByRole('treegrid').getByRole('link', { name: 'disk.free' }).click();
      await hands.press(page.getByRole('button', { name: 'Favourite', pressed: false }));
      await page.getByRole('button', { name: 'Favourite', pressed: true }).waitFor();
      // Another page of the same browser.
      const other = await page.context().newPage();
      await other.goto(`${server.url}/incidents`);
      await other.getByRole('button', { name: 'Search' }).click();
      const found = other.getByRole('dialog', { name: 'Search' });
      await found
        .getByRole('group', { name: 'Favourites' })
        .getByRole('option', { name: 'disk.free' })
        .waitFor();
      await other.keyboard.type('critical');
      await found.getByRole('option', { name: 'Critical ones', selected: true }).waitFor();
      await other.keyboard.press('Enter');
      await other.waitForURL(`${server.url}/?least=RED&order=NAME`);
      // Deleted here, it is gone there.
      await hands.press(page.getByRole('button', { name: 'Views' }));
      await other.getByRole('button', { name: 'Views' }).click();
      const same = other.getByRole('dialog', { name: 'Saved views' });
      await same.getByRole('link', { name: 'disk.free' }).waitFor();
      await hands.press(dialog.getByRole('button', { name: 'Delete Critical ones' }));
      await hands.press(dialog.getByRole('button', { name: 'Delete disk.free' }));
      await same.getByRole('link', { name: 'Critical ones' }).waitFor({ state: 'detached' });
      await same.getByRole('link', { name: 'disk.free' }).waitFor({ state: 'detached' });
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });
});
