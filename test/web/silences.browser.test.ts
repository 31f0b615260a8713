/** Silences on the page: those of somebody else, and of a metric, where they can be ended. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { read } from '../helpers/ask.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';

const executable = findChromium();

describe.skipIf(executable === null)('silences on the page', () => {
  let server: TestServer;
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
    server = await startServer();
    const point = '{ metric: "calm", timestamp: "2026-01-01T00:00:00Z", value: 1 }';
    await read(server, `mutation { putMetricData(input: { points: [${point}] }) { accepted } }`);
    await read(server, 'mutation { createNotificationRule(input: { name: "all" }) { __typename } }');
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('shows a silence that somebody else makes, and no longer once they end it', async () => {
    const { page } = await browser.open('about:blank');
    await page.clock.install();
    await page.goto(`${server.url}/maintenance`);
    await page.getByRole('heading', { name: 'New window' }).waitFor();
    const { createSilence } = await read<{ createSilence: { id: string } }>(
      server,
      'mutation { createSilence(input: { server: "calm", seconds: 600 }) { ... on Silence { id } } }',
    );
    const shown = page.getByText('Every metric of calm');
    await page.clock.runFor(20_000);
    await shown.waitFor();
    await read(
      server,
      `mutation { endSilence(input: { id: "${createSilence.id}" }) { ... on Silence { active } } }`,
    );
    await page.clock.runFor(20_000);
    await shown.waitFor({ state: 'detached' });
    await page.context().close();
  });

  it('shows at a metric who silenced it and until when, and lets anybody end it there', async () => {
    const { metrics } = await read<{ metrics: { nodes: { id: string; server: string }[] } }>(
      server,
      '{ metrics { nodes { id server } } }',
    );
    const metric = metrics.nodes.find((known) => known.server === 'calm')?.id ?? '';
    await read(
      server,
      'mutation { createSilence(input: { server: "calm", seconds: 600, by: "ada", comment: "deploy" }) { __typename } }',
    );
    const { page, errors } = await browser.open(`${server.url}/metric/${encodeURIComponent(metric)}`);
    const silenced = page.getByRole('status').filter({ hasText: 'Every metric of calm is silenced' });
    await silenced.getByText(/Nobody is notified until .* · by ada · deploy/).waitFor();
    await page.getByRole('button', { name: 'Silence…' }).click();
    await page.getByRole('button', { name: 'This metric for 1 hour' }).click();
    const own = page.getByText('Silenced', { exact: true });
    await own.waitFor();
    await silenced.getByRole('button', { name: 'End silence' }).click();
    await silenced.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'End silence' }).click();
    await own.waitFor({ state: 'detached' });
    await page.context().close();
    expect(errors).toEqual([]);
  });
});
