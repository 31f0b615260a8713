/** What a person is shown of an anomaly: the one that was clicked, its incident or why it has none; and of silence. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { read } from '../helpers/ask.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { findFaults, untilShown } from './check-page.ts';
import { useKeyboard } from './hands.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';

const executable = findChromium();
const PERIOD_MS = 300_000;
const POINTS = 900;
/** Periods before the newest point. */
const SPIKES = [300, 100];
const CREATE_RULE = `mutation ($input: CreateNotificationRuleInput!) {
  createNotificationRule(input: $input) { __typename }
}`;
const PUT = `mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }`;
const MONITOR = `mutation { monitorMetric(input: { spec: { custom: { name: "latency" } } }) { __typename } }`;

describe.skipIf(executable === null)('an anomaly on the page', () => {
  let server: TestServer;
  let browser: TestBrowser;
  /** The newest point is two days old: the metric is silent. */
  const endMs = Math.floor((Date.now() - 2 * 86_400_000) / PERIOD_MS) * PERIOD_MS;
  const timeOf = (before: number) => new Date(endMs - before * PERIOD_MS);

  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
    server = await startServer();
    for (const name of ['one', 'two']) await read(server, CREATE_RULE, { input: { name, scope: {} } });
    await read(server, MONITOR);
    const points = Array.from({ length: POINTS }, (_, index) => {
      const before = POINTS - 1 - index;
      const value =
        100 + 5 * Math.sin(index / 9) + ((index * 37) % 11) / 4 + (SPIKES.includes(before) ? 400 : 0);
      return { metric: 'latency', timestamp: timeOf(before).toISOString(), value };
    });
    await read(server, PUT, { points });
    await read(server, PUT, {
      points: [{ metric: 'stored.only', timestamp: timeOf(0).toISOString(), value: 1 }],
    });
    for (let found = 0; found < 2 * SPIKES.length;) {
      found = (await server.database.pool.query('SELECT FROM incident')).rowCount ?? 0;
    }
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  async function findMetric(name: string): Promise<string> {
    const { metrics } = await read<{ metrics: { nodes: { id: string; name: string }[] } }>(
      server,
      '{ metrics { nodes { id name } } }',
    );
    return encodeURIComponent(metrics.nodes.find((metric) => metric.name === name)?.id ?? '');
  }

  it('is the one of the bar that was clicked, with both ends of it and its incidents', async () => {
    const id = await findMetric('latency');
    for (const before of SPIKES) {
      const [from, to] = [timeOf(before + 20), timeOf(before - 20)].map((time) => time.toISOString());
      const until = timeOf(before - 1).toISOString();
      const at = timeOf(before).toISOString();
      const { page, errors } = await browser.open(
        `${server.url}/metric/${id}?from=${from ?? ''}&to=${to ?? ''}&at=${at}&until=${until}`,
      );
      const why = page.getByRole('region', { name: 'Why' });
      await why.getByText('▲ critical').waitFor();
      expect(await why.locator('dd time').first().getAttribute('dateTime')).toBe(at);
      await why.getByText('less than 1 in').waitFor();
      await why.getByText('Since').waitFor();
      for (const rule of ['one', 'two']) {
        await why.getByRole('link', { name: `Incident (${rule})` }).waitFor();
      }
      await why.getByRole('link', { name: 'Incident (one)' }).click();
      await page.getByText('First anomalous point').waitFor();
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });

  it('is not made up for a bar that had none', async () => {
    const [at, until] = [timeOf(50), timeOf(49)].map((time) => time.toISOString());
    const { page } = await browser.open(
      `${server.url}/metric/${await findMetric('latency')}?last=2w&at=${at ?? ''}&until=${until ?? ''}`,
    );
    await page.getByRole('region', { name: 'Why' }).getByText('No anomaly between').waitFor();
    await page.context().close();
  });

  it('is one entry of the list of incidents however many rules opened one, and all are acknowledged after a question', async () => {
    const { page } = await browser.open(`${server.url}/incidents?show=ALL`);
    await page.getByRole('article').first().waitFor();
    expect(await page.getByRole('article').count()).toBe(SPIKES.length);
    await page.getByRole('button', { name: 'Acknowledge all 2' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect(await page.getByText(/ · acknowledged/).count()).toBe(0);
    await page.getByRole('button', { name: 'Acknowledge all 2' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge 2' }).click();
    await page
      .getByText(/ · acknowledged/)
      .nth(1)
      .waitFor();
    const { rows } = await server.database.pool.query('SELECT FROM incident WHERE acknowledged_at IS NULL');
    expect(rows).toEqual([]);
    await page.context().close();
  });

  it('does not hide that a metric is silent, which is not called normal', async () => {
    const { page } = await browser.open(`${server.url}/metric/${await findMetric('latency')}?last=1h`);
    const now = page.getByRole('region', { name: 'Now' });
    await now.getByText(/No data since .* for 2 d/).waitFor();
    expect(await now.getByText('normal').count()).toBe(0);
    await page.getByText('every 5 min').waitFor();
    await page.context().close();
  });

  it('can come of a metric that is only stored once its monitoring is started from the list', async () => {
    const { page } = await browser.open(server.url);
    await page.getByRole('link', { name: 'Not monitored (1)' }).click();
    await untilShown(page);
    await page.getByRole('link', { name: 'stored.only' }).click();
    await page.getByText('Data is stored but not scored.').waitFor();
    await page.getByRole('button', { name: 'Start monitoring' }).waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Start monitoring stored.only' }).click();
    await page.getByText('Every metric is monitored.').waitFor();
    await page.context().close();
  });

  it('has a page for addresses where nothing is', async () => {
    const { page } = await browser.open('about:blank');
    const response = await page.goto(`${server.url}/nothing/here`);
    expect(response?.status()).toBe(404);
    await page.getByText('Page not found.').waitFor();
    await page.getByRole('link', { name: 'To the overview' }).waitFor();
    await page.context().close();
  });

  it('is compared by keyboard with another metric and with the day before, in a range that is typed', async () => {
    const id = await findMetric('latency');
    const other = await findMetric('stored.only');
    const query = `from=${timeOf(200).toISOString()}&to=${timeOf(0).toISOString()}`;
    const { page, errors } = await browser.open(`${server.url}/metric/${id}?${query}`, {
      timezoneId: 'Asia/Tokyo',
    });
    const hands = useKeyboard(page);
    await hands.choose(page.getByLabel('Period before'), 'A day before');
    await page.locator('.chart-legend').getByText('Period before').waitFor();
    const compare = page.getByRole('region', { name: 'Compare' });
    await hands.press(compare.getByRole('button', { name: 'Compare with …' }));
    await page.getByRole('dialog').getByText('Type a part of its name.').waitFor();
    await page.keyboard.type('stored');
    await page.keyboard.press('Enter');
    await compare.getByRole('article', { name: 'stored.only' }).locator('canvas').waitFor();
    await hands.press(page.getByText('From – to'));
    const picker = page.locator('.range-picker');
    await picker.getByText('Asia/Tokyo').waitFor();
    await picker.getByLabel('From').fill('2026-01-02T12:00:00');
    await picker.getByLabel('To').fill('2026-01-02T11:00:00');
    await hands.press(picker.getByRole('button', { name: 'Show' }));
    await picker.getByRole('alert').waitFor();
    await picker.getByLabel('To').fill('2026-01-02T13:00:00');
    await hands.press(picker.getByRole('button', { name: 'Show' }));
    await page.waitForURL(/from=2026-01-02T03%3A00%3A00/);
    const params = new URL(page.url()).searchParams;
    expect([params.get('to'), params.get('before'), params.getAll('with')]).toEqual([
      '2026-01-02T04:00:00.000Z',
      '1d',
      [decodeURIComponent(other)],
    ]);
    await page.goto(`${server.url}/metric/${id}?${query}&before=1d&with=${other}`);
    await compare.getByRole('article', { name: 'stored.only' }).getByText('not scored').waitFor();
    await page.getByText('From – to').click();
    expect(await findFaults(page, 'a comparison')).toEqual([]);
    await hands.press(compare.getByRole('button', { name: 'Remove stored.only' }));
    await compare.getByRole('article').waitFor({ state: 'detached' });
    await until(() => expect(new URL(page.url()).searchParams.has('with')).toBe(false));
    await page.context().close();
    expect(errors).toEqual([]);
  });
});
