/** Looking: the wall, a metric, incidents, the server. One server with a small story for all. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestServer, startServer } from '../helpers/start-server.ts';
import { findBarriers, measureOverflow } from './check-page.ts';
import { HANDS } from './hands.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';
import { pushStory, untilSettled } from './push-story.ts';

const executable = findChromium();

describe.skipIf(executable === null)('the page', () => {
  let server: TestServer;
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
    server = await startServer();
  }, 120_000);

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('loads less than 200 kB of script, compressed, all of it at once and from its own server', async () => {
    const { page } = await browser.open('about:blank');
    const seen: { readonly url: string; readonly bytes: number }[] = [];
    page.on('response', (response) => {
      const bytes = Number(response.headers()['content-length'] ?? 0);
      if (response.url().endsWith('.js')) seen.push({ url: response.url(), bytes });
    });
    await page.goto(server.url);
    await page.getByText('Nothing is watched yet.').waitFor();
    expect(seen.every(({ url }) => url.startsWith(server.url))).toBe(true);
    const total = seen.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(total).toBeGreaterThan(10_000);
    expect(total).toBeLessThan(200_000);
  });

  it('says where to begin while nothing is watched', async () => {
    const { page, errors } = await browser.open(server.url);
    await page.getByText('Nothing is watched yet.').waitFor();
    await page.getByRole('link', { name: 'Add something' }).click();
    await page.getByRole('heading', { name: 'Add' }).waitFor();
    expect(errors).toEqual([]);
  });

  it('makes a rule and tries it, by mouse and by keyboard', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/rules`);
      const hands = take(page);
      const name = `All by ${hands.name}`;
      await hands.press(page.getByRole('button', { name: 'New rule' }));
      await hands.type(page.getByLabel('Name of the rule'), name);
      await hands.press(page.getByRole('button', { name: 'Save the rule' }));
      const rule = page.getByRole('article', { name: `Rule ${name}` });
      await hands.press(rule.getByRole('button', { name: 'Test' }));
      await rule.getByText('there is nobody to tell').waitFor();
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });

  it('shows bars by resource, grows them live, and opens a row, by mouse and by keyboard', async () => {
    const { page, errors } = await browser.open(`${server.url}/?window=DAYS`);
    await page.getByText('Nothing is watched yet.').waitFor();
    await pushStory(server);
    await untilSettled(server);
    const row = page.getByRole('row').filter({ hasText: 'shop/web-1' });
    await row.getByRole('img', { name: /1 red/ }).waitFor();
    await row.getByRole('button', { name: 'Open shop/web-1' }).click();
    await page.getByRole('link', { name: 'shop.latency' }).waitFor();
    expect(page.url()).toContain('open=shop');
    await page.keyboard.press('Tab');
    await row.focus();
    await page.keyboard.press('ArrowLeft');
    expect(await row.getAttribute('aria-expanded')).toBe('false');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'shop.latency' }).waitFor();
    expect(errors).toEqual([]);
  });

  it('explains an unusual point and previews a policy before it is saved', async () => {
    const { page, errors } = await browser.open(`${server.url}/?window=DAYS&open=shop%2Fweb-1`);
    await page.getByRole('link', { name: 'shop.latency' }).click();
    await page.getByRole('region', { name: 'Why' }).getByText('▲ red').waitFor();
    await page.getByText('▲ red').first().waitFor();
    await page.getByText(/What matters/).click();
    await page.getByText(/of \d+ unusual episodes would have been let through/).waitFor();
    await page.getByLabel('Direction').selectOption('BELOW');
    await page.getByText(/: 0 of \d+ unusual episodes/).waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved.').waitFor();
    await page.getByText('What matters: only below').waitFor();
    await page.getByRole('application').focus();
    await page.keyboard.press('ArrowLeft');
    await page.getByText('standing still').waitFor();
    expect(page.url()).toContain('from=');
    expect(errors).toEqual([]);
  });

  it('takes incidents on and labels them, by mouse and by keyboard', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/incidents?show=ALL`);
      const hands = take(page);
      const incident = page
        .getByRole('article', { name: /shop\.latency/ })
        .filter({ hasText: `Rule: All by ${hands.name}` });
      await hands.press(incident.getByRole('button', { name: 'Acknowledge' }));
      await incident.getByText('acknowledged').waitFor();
      const normal = incident.getByRole('button', { name: 'It was normal' });
      await hands.press(normal);
      await page.waitForFunction(
        (label) =>
          Array.from(globalThis.document.querySelectorAll('[aria-pressed=true]')).some(
            (one) => one.textContent === label,
          ),
        'It was normal',
      );
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });

  it('has no serious barrier, and fits, on every page, in light and in dark, from 360 pixels on', async () => {
    const paths = [
      '/',
      '/incidents?show=ALL',
      '/rules',
      '/add',
      '/add/autostack',
      '/add/pushed',
      '/add/transfer',
      '/server',
    ];
    for (const [colorScheme, shown] of [
      ['light', paths],
      ['dark', ['/server']],
    ] as const) {
      const viewport = { width: colorScheme === 'light' ? 360 : 1280, height: 800 };
      const { page, errors } = await browser.open(server.url, { colorScheme, viewport });
      for (const path of shown) {
        await page.goto(`${server.url}${path}`);
        await page.waitForLoadState('networkidle');
        expect(await findBarriers(page), `${path} in ${colorScheme}`).toEqual([]);
        expect(await measureOverflow(page), `${path} at ${viewport.width}`).toBe(0);
      }
      await page.goto(`${server.url}/?window=DAYS&open=shop%2Fweb-1`);
      await page.getByRole('link', { name: 'shop.latency' }).click();
      await page.getByRole('region', { name: 'Why' }).waitFor();
      expect(await findBarriers(page), `a metric in ${colorScheme}`).toEqual([]);
      expect(await measureOverflow(page)).toBe(0);
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });
});
