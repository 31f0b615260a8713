/** What somebody meets who did not write the page: hostile names and values, edited addresses, a browser that keeps nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { read } from '../helpers/ask.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { AXIS_WIDTH } from '../../src/web/metric/chart/value-plot.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';

const executable = findChromium();
const POINTS = 300;
const PERIOD_MS = 300_000;

/** Names as sources have them, with a value at an index. */
const METRICS: Readonly<Record<string, (index: number) => number>> = {
  [`long.${'x'.repeat(290)}`]: (index) => index,
  '<script>document.title = "run"</script>': (index) => index,
  'طلبات/🚀 100% full': (index) => -index,
  huge: (index) => 1e300 * (1 + index / 1000),
  'near.counter': (index) => 12_345_678 + (index % 7),
};

describe.skipIf(executable === null)('the page, to a stranger', () => {
  let server: TestServer;
  let browser: TestBrowser;
  const ids = new Map<string, string>();
  const addressOf = (name: string) => `${server.url}/metric/${encodeURIComponent(ids.get(name) ?? '')}`;

  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
    server = await startServer();
    const endMs = Math.floor(Date.now() / PERIOD_MS) * PERIOD_MS;
    for (const [metric, valueAt] of Object.entries(METRICS)) {
      const { monitorMetric } = await read<{ monitorMetric: { id: string } }>(
        server,
        `mutation ($input: MonitorMetricInput!) { monitorMetric(input: $input) { ... on Metric { id } } }`,
        { input: { spec: { custom: { name: metric } }, unit: 'Milliseconds' } },
      );
      ids.set(metric, monitorMetric.id);
      const points = Array.from({ length: POINTS }, (_, index) => ({
        metric,
        timestamp: new Date(endMs - (POINTS - 1 - index) * PERIOD_MS).toISOString(),
        value: valueAt(index),
      }));
      await read(
        server,
        `mutation ($input: PutMetricDataInput!) { putMetricData(input: $input) { accepted } }`,
        { input: { points } },
      );
    }
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('fits and shows names as they are, however long, and values, however large', async () => {
    const { page, errors } = await browser.open(server.url);
    for (const name of Object.keys(METRICS)) {
      await page.goto(addressOf(name));
      await page.getByRole('heading', { name, exact: true }).waitFor();
      await page.locator('.reading strong').waitFor();
      for (const width of [320, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        expect([name, width, await measureOverflow(page)]).toEqual([name, width, 0]);
      }
    }
    expect(await page.locator('.reading').innerText()).toMatch(
      /\n12,345\.683 s\nexpected 12,345\.67\d* s to 12,345\.68/,
    );
    // Its labels are longer than most, and both plots make room for them.
    await until(async () => {
      const rooms = await page.locator('.chart .plot').evaluateAll((plots) =>
        plots.map((plot) => {
          const [over] = plot.getElementsByClassName('u-over');
          return (over?.getBoundingClientRect().left ?? 0) - plot.getBoundingClientRect().left;
        }),
      );
      expect(rooms[0]).toBeGreaterThan(AXIS_WIDTH);
      expect(rooms[1]).toBe(rooms[0]);
    });
    await page.goto(server.url);
    await page.getByRole('link', { name: 'huge' }).waitFor();
    expect(await page.getByRole('row', { name: /^huge/ }).innerText()).toContain('1.30e+300 ms');
    expect(await measureOverflow(page)).toBe(0);
    // What is typed stays as it is, whatever it would be in an address.
    const search = page.getByRole('searchbox', { name: 'Search metrics and resources' });
    await search.pressSequentially('100%2F&a=b#?+');
    await page.getByText('No matching metrics').waitFor();
    expect(await search.inputValue()).toBe('100%2F&a=b#?+');
    await page.reload();
    await page.getByText('No matching metrics').waitFor();
    expect(await search.inputValue()).toBe('100%2F&a=b#?+');
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('says of an address that leads to nothing what there is not, and not that the page failed', async () => {
    const { page } = await browser.open('about:blank');
    for (const [path, text] of [
      ['/metric/%E0%A4%A', 'is not the id of anything'],
      ['/metric/a%2Fb%25', 'is not the id of anything'],
      ['/incidents/%zz', 'is not the id of anything'],
      ['/rules/%25', 'is not the id of anything'],
      ['/metric/Metric:00000000-0000-0000-0000-000000000000', 'There is no such metric.'],
      ['/nothing', 'Page not found.'],
    ] as const) {
      await page.goto(`${server.url}${path}`);
      await page.getByText(text).waitFor();
      expect(await page.getByText('The fault is in Lapwing').count()).toBe(0);
    }
    await page.context().close();
  });

  it('shows the newest for a range in the address that is none, or that the API does not take', async () => {
    const { page, errors } = await browser.open('about:blank');
    for (const search of [
      '?from=1000&to=99999',
      '?from=-100000-01-01T00:00:00Z&to=2026-11-30T00:00:00Z',
      '?from=now-6h&to=now',
      '?last=99y&at=garbage&from=%zz',
    ]) {
      await page.goto(`${addressOf('near.counter')}${search}`);
      const chart = page.getByRole('region', { name: 'Chart' });
      await chart.getByText('Live', { exact: true }).waitFor();
      await chart.locator('.reading strong').waitFor();
      expect(await chart.getByRole('alert').count()).toBe(0);
    }
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('leads back through the ranges that were shown, a burst of zooms being one', async () => {
    const { page } = await browser.open('about:blank');
    await page.clock.install();
    await page.goto(addressOf('near.counter'));
    const chart = page.getByRole('region', { name: 'Chart' });
    const pressed = chart.getByRole('group', { name: 'Follow the newest' }).locator('[aria-pressed="true"]');
    await chart.getByRole('button', { name: '6h' }).click();
    await until(() => expect(page.url()).toContain('last=6h'));
    // Moves that follow each other fast are one, and on a clock that stands still these do on any machine.
    await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 60_000);
    for (let times = 0; times < 3; times++) await chart.getByRole('button', { name: 'Zoom in' }).click();
    await chart.getByText('Fixed range').waitFor();
    await page.clock.resume();
    await page.goBack();
    await pressed.getByText('6h').waitFor();
    await page.goBack();
    await until(() => expect(new URL(page.url()).search).toBe(''));
    await page.context().close();
  });

  it('says that a metric is gone, within a minute of its end', async () => {
    const name = '<script>document.title = "run"</script>';
    const { page } = await browser.open('about:blank');
    await page.clock.install();
    await page.goto(addressOf(name));
    await page.getByRole('heading', { name, exact: true }).waitFor();
    await read(
      server,
      `mutation ($input: DeleteMetricInput!) { deleteMetric(input: $input) { __typename } }`,
      {
        input: { id: ids.get(name) },
      },
    );
    await page.clock.fastForward(60_000);
    await page.getByText('There is no such metric.').waitFor();
    await page.context().close();
  });

  it.each([
    [
      'reads and keeps nothing',
      `Object.defineProperty(window, NAME, { get() { throw new DOMException('denied', 'SecurityError'); } })`,
    ],
    [
      'is full',
      `Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }`,
    ],
  ])('works in a browser whose storage %s', async (_, script) => {
    const { page, errors } = await browser.open('about:blank');
    for (const name of ['localStorage', 'sessionStorage'])
      await page.addInitScript(script.replace('NAME', `'${name}'`));
    await page.goto(server.url);
    await page.getByRole('link', { name: 'huge' }).waitFor();
    await page.getByRole('button', { name: /^Theme/ }).click();
    await page.locator('html[data-theme="light"]').waitFor();
    await page.keyboard.press('ControlOrMeta+k');
    await page.keyboard.type('near');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'near.counter' }).waitFor();
    await page.getByRole('button', { name: /Favourite$/ }).click();
    await page.getByText('This browser keeps nothing').waitFor();
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('shows what is pressed where the system chooses the colours, and is dark on white on paper', async () => {
    const { page } = await browser.open(server.url, { forcedColors: 'active', colorScheme: 'dark' });
    const order = page.getByRole('group', { name: 'Order' });
    const backOf = (name: string) =>
      order.getByRole('button', { name }).evaluate((button) => getComputedStyle(button).backgroundColor);
    expect(await backOf('Most anomalous first')).not.toBe(await backOf('By name'));
    await page.emulateMedia({ forcedColors: 'none', media: 'print', colorScheme: 'dark' });
    // --ink of the light theme.
    expect(await page.locator('html').evaluate((html) => getComputedStyle(html).color)).toBe(
      'rgb(21, 26, 33)',
    );
    await page.context().close();
  });

  it('sends a form once, though it is submitted by a double click', async () => {
    const { page } = await browser.open(addressOf('near.counter'));
    await page.getByText('Add annotation').click();
    await page.getByLabel('What happened').fill('deployed');
    await page.getByLabel('Your name').fill('alice');
    await page.getByRole('button', { name: 'Save annotation' }).dblclick();
    await page.getByRole('list', { name: 'Flags' }).getByText('alice: deployed').waitFor();
    await page.getByRole('button', { name: 'Embed…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Embed' });
    await dialog.getByRole('button', { name: 'Create link' }).dblclick();
    await dialog.getByRole('group', { name: 'New link' }).waitFor();
    const counted = await read<{ metric: { annotations: unknown[] }; panelLinks: { nodes: unknown[] } }>(
      server,
      `query ($id: ID!) {
        metric(id: $id) { annotations(from: "2000-01-01T00:00:00Z") { message } }
        panelLinks(metricId: $id) { nodes { id } }
      }`,
      { id: ids.get('near.counter') },
    );
    expect([counted.metric.annotations.length, counted.panelLinks.nodes.length]).toEqual([1, 1]);
    await page.context().close();
  });
});

async function measureOverflow(page: Page): Promise<number> {
  return Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
}
