/** A screen that nobody touches, and how much room rows take. One server with one open incident for all. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { read } from '../helpers/ask.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { breakLink, FAILURES } from './break-link.ts';
import { findFaults } from './check-page.ts';
import { HANDS } from './hands.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';
import { pushLeap, pushStory } from './push-story.ts';

const executable = findChromium();
const CREATE_RULE = `mutation ($input: CreateNotificationRuleInput!) {
  createNotificationRule(input: $input) { __typename }
}`;
const SCREEN = '/?wall=1&window=DAYS&open=shop%2Fweb-1';

describe.skipIf(executable === null)('a wall screen', () => {
  let server: TestServer;
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
    server = await startServer();
    await pushStory(server);
    // The story's own spike may be held against the rule too, where that is slower than the scores.
    await read(server, CREATE_RULE, { input: { name: 'all', scope: { servers: ['calm'] } } });
    await pushLeap(server);
    await until(async () =>
      expect(
        await read(server, `{ incidents(filter: { states: [FIRING] }) { nodes { metricName } } }`),
      ).toEqual({ incidents: { nodes: [{ metricName: 'calm' }] } }),
    );
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('shows open incidents and the worst rows with nothing around them, and fits without scrolling', async () => {
    const { page, errors } = await browser.open(`${server.url}${SCREEN}`);
    await page.getByRole('heading', { name: '1 open incident' }).waitFor();
    await page
      .getByRole('region', { name: 'Open incidents' })
      .getByText(/firing.*calm.*5,000 %/)
      .waitFor();
    const rows = page.getByRole('list', { name: 'Monitored metrics' }).getByRole('listitem');
    await rows.nth(1).waitFor();
    // Closed, whatever the address says.
    expect((await rows.locator('.name').allTextContents()).toSorted()).toEqual(['calm', 'shop/web-1']);
    expect(await page.getByRole('navigation').count()).toBe(0);
    expect(await findFaults(page, 'the wall screen')).toEqual([]);
    for (const [width, height] of [
      [1280, 420],
      [3840, 2160],
    ] as const) {
      await page.setViewportSize({ width, height });
      await rows.first().waitFor();
      expect(await page.evaluate('document.documentElement.scrollHeight - innerHeight')).toBe(0);
    }
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('is left by Escape and by a button that shows once a hand moves, back to the view it was', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/?window=DAYS&q=calm`);
      const hands = take(page);
      await hands.press(page.getByRole('link', { name: 'Wall screen' }));
      await page.getByRole('heading', { name: '1 open incident' }).waitFor();
      await until(() => expect(new URL(page.url()).searchParams.get('wall')).toBe('1'));
      if (hands.name === 'keyboard') {
        await page.keyboard.press('Escape');
      } else {
        const leave = page.getByRole('button', { name: 'Leave the wall screen' });
        await page.mouse.move(200, 200);
        await leave.waitFor();
        await leave.click();
      }
      await page.getByRole('navigation', { name: 'Main' }).waitFor();
      await until(() => expect(new URL(page.url()).search).toBe('?window=DAYS&q=calm'));
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });

  it.for(Object.keys(FAILURES))(
    'keeps what it shows and says that it is not live, until it is again: %s',
    async (name) => {
      const { page } = await browser.open('about:blank');
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(String(error)));
      const link = await breakLink(page, FAILURES[name] ?? (() => ({})));
      await page.goto(`${server.url}${SCREEN}`);
      const rows = page.getByRole('list', { name: 'Monitored metrics' }).getByRole('listitem');
      await rows.nth(1).waitFor();
      await page.getByRole('heading', { name: '1 open incident' }).waitFor();
      link.fail();
      await link.cut();
      const trouble = page.getByRole('alert').filter({ hasText: /^Not live since .*Retrying…/ });
      await trouble.waitFor();
      expect(await rows.count()).toBe(2);
      expect(await page.getByRole('heading', { name: '1 open incident' }).count()).toBe(1);
      expect(await findFaults(page, 'the wall screen that is not live')).toEqual([]);
      await link.restore();
      await trouble.waitFor({ state: 'detached' });
      await page.context().close();
      expect(faults).toEqual([]);
    },
  );

  it('loads the page of a newer server once that answers, and no other time', async () => {
    const { page } = await browser.open('about:blank');
    let version: string | null = null;
    await page.route(`${server.url}/`, async (route) => {
      if (version === null || route.request().method() !== 'HEAD') await route.continue();
      else await route.fulfill({ status: 200, headers: { etag: version } });
    });
    const link = await breakLink(page, () => ({}));
    const first = page.waitForResponse((response) => response.request().method() === 'HEAD');
    await page.goto(`${server.url}${SCREEN}`);
    await first;
    const live = page.locator('.connection').getByText('Live', { exact: true });
    await live.waitFor();
    await page.evaluate('globalThis.isTheSame = true');
    const second = page.waitForResponse((response) => response.request().method() === 'HEAD');
    await link.cut();
    await second;
    await live.waitFor();
    expect(await page.evaluate('globalThis.isTheSame')).toBe(true);
    version = '"another"';
    const loaded = page.waitForEvent('load');
    await link.cut();
    await loaded;
    await live.waitFor();
    expect(await page.evaluate('globalThis.isTheSame')).toBeUndefined();
    await page.context().close();
  });

  it('has room for more when rows are compact, which the browser keeps', async () => {
    const viewport = { width: 1280, height: 800 };
    const { page, errors } = await browser.open(`${server.url}/?window=DAYS&open=shop%2Fweb-1`, { viewport });
    const row = page.getByRole('row').filter({ hasText: 'shop/web-1' });
    const heightOf = async () => (await row.boundingBox())?.height ?? 0;
    await row.waitFor();
    const before = await heightOf();
    await page.getByRole('button', { name: 'Compact' }).click();
    await until(async () => expect(await heightOf()).toBeLessThan(before));
    expect(await findFaults(page, 'the compact overview')).toEqual([]);
    await page.setViewportSize(viewport);
    await page.reload();
    await row.waitFor();
    await until(async () => expect(await heightOf()).toBeLessThan(before));
    await page.getByRole('button', { name: 'Compact', pressed: true }).waitFor();
    await page.context().close();
    expect(errors).toEqual([]);
  });
});
