/** The first minutes with a server: how to begin, what has come, and how long learning takes. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { read } from '../helpers/ask.ts';

import { startServer, type TestServer } from '../helpers/start-server.ts';
import { findFaults, untilShown } from './check-page.ts';
import { useKeyboard } from './hands.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';

const run = promisify(execFile);
const executable = findChromium();
const MINUTE_MS = 60_000;
const PUT = `mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }`;

describe.skipIf(executable === null)('the first run', () => {
  let server: TestServer;
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
    server = await startServer();
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('begins with what is pasted into a terminal, and monitors what has arrived', async () => {
    const { page, errors } = await browser.open(server.url);
    await page.getByRole('article', { name: 'Read CloudWatch' }).waitFor();
    await page
      .getByLabel('prometheus.yml', { exact: true })
      .getByText(`${server.url}/api/v1/write`)
      .waitFor();
    expect(await findFaults(page, 'the first run')).toEqual([]);
    const pasted = await page.getByLabel('curl', { exact: true }).textContent();
    expect((await run('bash', ['-c', pasted ?? ''])).stdout).toContain('"accepted":1');
    await page.getByText('1 metric has arrived').waitFor();
    await page.getByText('my.first.metric: stored, but not monitored yet.').waitFor();
    await page.getByRole('button', { name: 'Monitor all, new ones too' }).click();
    await page.getByRole('treegrid').getByRole('link', { name: 'my.first.metric' }).waitFor();
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('says on the card and on the page of a metric how long learning takes, by its own step', async () => {
    const endMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    const points = Array.from({ length: 20 }, (_, back) => ({
      metric: 'each.minute',
      timestamp: new Date(endMs - back * MINUTE_MS).toISOString(),
      value: back % 7,
    }));
    await read(server, PUT, { points: points.toReversed() });
    const { page, errors } = await browser.open(server.url);
    const row = page.getByRole('row').filter({ hasText: 'each.minute' });
    await row.getByText(/learning \d+ %/).waitFor();
    await row.getByText(/about \d+ (min|h) left/).waitFor();
    await row.getByRole('link', { name: 'each.minute' }).click();
    const text = await page.getByText(/of [\d,]+ data points collected, about/).textContent();
    const [, rows, needed, left, unit] =
      /([\d,]+) of ([\d,]+) data points collected, about (\d+) (min|h) left/.exec(text ?? '') ?? [];
    const missing = Number(needed?.replace(',', '')) - Number(rows?.replace(',', ''));
    const leftMinutes = Number(left) * (unit === 'h' ? 60 : 1);
    // Rounded to hours, and the newest sample is a minute old or two.
    expect(Math.abs(leftMinutes - missing)).toBeLessThan(unit === 'h' ? 35 : 4);
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('counts down the data points that are missing before the first score, on the card and on the page', async () => {
    const push = (minutes: readonly number[]) =>
      read(server, PUT, {
        points: minutes.map((minute) => ({
          metric: 'slow.start',
          timestamp: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
          value: minute,
        })),
      });
    await read(
      server,
      `mutation { monitorMetric(input: { spec: { custom: { name: "slow.start" } } }) { __typename } }`,
    );
    await push([0, 1, 2]);
    const { page, errors } = await browser.open(`${server.url}/?q=slow.start`);
    const row = page.getByRole('row').filter({ hasText: 'slow.start' });
    await row.getByText('waiting for data').waitFor();
    await row.getByText('285 points to go').waitFor();
    await row.getByRole('link', { name: 'slow.start' }).click();
    await page.getByText('Scoring starts after 285 more data points.').waitFor();
    await push([3, 4]);
    await page.getByText('Scoring starts after 283 more data points.').waitFor();
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('lists the policies that monitor what arrives, to be changed and deleted by keyboard', async () => {
    const { page, errors } = await browser.open(`${server.url}/unmonitored`);
    const hands = useKeyboard(page);
    const policy = page.getByRole('article', { name: 'Policy Everything pushed' });
    await policy.getByText('pushed metrics, named *').waitFor();
    await hands.press(policy.getByRole('button', { name: 'Edit' }));
    const dialog = page.getByRole('dialog');
    await hands.type(dialog.getByLabel('Metric name pattern'), 'shop.\\');
    await hands.press(dialog.getByRole('button', { name: 'Save policy' }));
    await dialog.locator('[aria-invalid=true]:focus').waitFor();
    await hands.type(dialog.getByLabel('Name of the policy'), 'The shop');
    await hands.type(dialog.getByLabel('Metric name pattern'), 'shop.*');
    await hands.press(dialog.getByRole('button', { name: 'Save policy' }));
    const changed = page.getByRole('article', { name: 'Policy The shop' });
    await changed.getByText('named shop.*').waitFor();
    await hands.press(changed.getByRole('button', { name: 'Switch off' }));
    await changed.getByText('off', { exact: true }).waitFor();
    await untilShown(page);
    expect(await findFaults(page, 'the policies')).toEqual([]);
    await hands.press(changed.getByRole('button', { name: 'Delete' }));
    await hands.press(page.getByRole('dialog').getByRole('button', { name: 'Delete' }));
    await changed.waitFor({ state: 'detached' });
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('asks for an expression of PromQL, and says what the server has against it', async () => {
    const { page, errors } = await browser.open(`${server.url}/add/prometheus`);
    const hands = useKeyboard(page);
    await hands.type(page.getByLabel('PromQL expression'), 'sum(rate(http_requests_total[5m]))');
    await hands.press(page.getByRole('button', { name: 'Monitor expression' }));
    await page.getByText('this server has no source for PROMETHEUS metrics').waitFor();
    await page.context().close();
    expect(errors).toEqual([]);
  });
});
