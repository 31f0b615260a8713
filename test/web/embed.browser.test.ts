/** A panel within a page of another origin: shown where the settings allow it, live, over a restart, until it is revoked. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLink, revokeLink } from '../api/http/embed/embedded.ts';
import { read } from '../helpers/ask.ts';
import { withDatabase } from '../helpers/database.ts';
import { findFreePort, startServerProcess } from '../helpers/server-process.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { findFaults } from './check-page.ts';
import { HANDS } from './hands.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';
import { pushLeap, pushStory } from './push-story.ts';

const executable = findChromium();
const SIZES = [
  [300, 150],
  [360, 640],
  [600, 300],
  [1280, 720],
  [2560, 1440],
] as const;

/** Another site: a page with the iframe it is given. */
interface Wiki extends AsyncDisposable {
  readonly origin: string;
  html: string;
}

async function startWiki(): Promise<Wiki> {
  const wiki = { html: '' };
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>wiki</title>${wiki.html}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(wiki, {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function findMetric(server: { readonly url: string }, name: string): Promise<string> {
  const { metrics } = await read<{ metrics: { nodes: readonly { id: string }[] } }>(
    server,
    'query ($name: String!) { metrics(filter: { nameContains: $name }) { nodes { id } } }',
    { name },
  );
  return metrics.nodes[0]?.id ?? '';
}

/** The frame of the panel; what it shows may be the browser's own refusal. */
async function frameOf(page: Page): Promise<Frame> {
  const frame = await (await page.locator('iframe').elementHandle()).contentFrame();
  if (frame == null) throw new Error('the page has no frame');
  return frame;
}

describe.skipIf(executable === null)('a panel in a page of another origin', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  it('shows new points, survives a killed server, and ends when it is revoked', async () => {
    await using wiki = await startWiki();
    await using database = await withDatabase();
    const dataDir = await mkdtemp(join(tmpdir(), 'lapwing-embed-'));
    const port = await findFreePort();
    const settings = {
      DATABASE_URL: database.connection,
      LAPWING_DATA_DIR: dataDir,
      LAPWING_PORT: String(port),
      LAPWING_GRAPHITE_PORT: '',
      LAPWING_HOST_METRICS: 'off',
      LAPWING_EMBED_ORIGINS: wiki.origin,
    };
    const url = `http://127.0.0.1:${port}`;
    const first = await startServerProcess(settings);
    await pushStory({ url });
    const link = await createLink({ url }, await findMetric({ url }, 'calm'));
    wiki.html = link.html;
    const { page } = await browser.open(wiki.origin);
    const panel = page.frameLocator('iframe');
    await panel.getByRole('link', { name: 'calm' }).waitFor();
    await panel.getByText('Live', { exact: true }).waitFor();
    await panel.getByText('● normal').waitFor();
    await pushLeap({ url });
    await panel.getByText('5,000 %').waitFor();
    await panel.getByText('▲ critical').waitFor();
    await first.kill();
    await panel.getByText(/^Not live since/).waitFor();
    const second = await startServerProcess(settings);
    await panel.getByText('Live', { exact: true }).waitFor();
    const points = [{ metric: 'calm', timestamp: new Date().toISOString(), value: 4321 }];
    await read(
      { url },
      'mutation ($input: PutMetricDataInput!) { putMetricData(input: $input) { accepted } }',
      {
        input: { points },
      },
    );
    await panel.getByText('4,321 %').waitFor();
    const opened = page.context().waitForEvent('page');
    await panel.getByRole('link', { name: 'calm' }).click();
    expect(new URL((await opened).url()).pathname).toBe(
      `/metric/${encodeURIComponent(await findMetric({ url }, 'calm'))}`,
    );
    await revokeLink({ url }, link.id);
    await panel.getByText('This panel link was revoked.').waitFor();
    await page.reload();
    await page.frameLocator('iframe').getByText('This panel link was revoked.').waitFor();
    await second.terminate();
    await rm(dataDir, { recursive: true });
  });

  it('is not called live when the server stands still without a word, and is when it goes on', async () => {
    await using database = await withDatabase();
    const server = await startServerProcess({
      DATABASE_URL: database.connection,
      LAPWING_PORT: '0',
      LAPWING_GRAPHITE_PORT: '',
      LAPWING_HOST_METRICS: 'off',
    });
    const url = (server.addresses.http ?? '').replace(/\/$/, '');
    await pushStory({ url });
    const { page } = await browser.open((await createLink({ url }, await findMetric({ url }, 'calm'))).url);
    await page.getByText('Live', { exact: true }).waitFor();
    server.child.kill('SIGSTOP');
    try {
      await page.getByText(/^Not live since/).waitFor();
    } finally {
      server.child.kill('SIGCONT');
    }
    await page.getByText('Live', { exact: true }).waitFor();
    await pushLeap({ url });
    await page.getByText('5,000 %').waitFor();
    expect(await server.terminate()).toBe(0);
  });

  it.each<[string, string, boolean]>([
    ['no origin', '', false],
    ['another origin', 'https://wiki.example.com', false],
    ['any origin', '*', true],
  ])('is shown where LAPWING_EMBED_ORIGINS lists %s: %j → %s', async (_name, origins, isShown) => {
    await using wiki = await startWiki();
    await using server = await startServer({ settings: { LAPWING_EMBED_ORIGINS: origins } });
    await pushStory(server);
    const link = await createLink(server, await findMetric(server, 'calm'));
    wiki.html = link.html;
    const { page, errors } = await browser.open(wiki.origin);
    if (isShown) {
      await page.frameLocator('iframe').getByText('Live', { exact: true }).waitFor();
      expect(errors).toEqual([]);
    } else {
      await expect.poll(() => errors.join(), { timeout: 60_000 }).toContain('frame-ancestors');
      expect(await (await frameOf(page)).locator('.panel').count()).toBe(0);
    }
    // By itself it is always shown.
    const { page: alone } = await browser.open(link.url);
    await alone.getByText('Live', { exact: true }).waitFor();
  });
});

describe.skipIf(executable === null)('a panel', () => {
  let server: TestServer;
  let browser: TestBrowser;
  let metric: string;
  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
    server = await startServer({ settings: { LAPWING_EMBED_ORIGINS: 'https://wiki.example.com' } });
    await pushStory(server);
    metric = await findMetric(server, 'shop.latency');
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('is a page with headers of its own, and every other page stays out of frames', async () => {
    const { url } = await createLink(server, metric);
    const panel = await fetch(url);
    expect(Object.fromEntries(panel.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'private, no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    expect(panel.headers.get('x-frame-options')).toBeNull();
    const policy = panel.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("frame-ancestors 'self' https://wiki.example.com");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
    for (const path of ['/', '/server', '/nothing', `/metric/${encodeURIComponent(metric)}`]) {
      const { headers } = await fetch(server.url + path, { headers: { accept: 'text/html' } });
      expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'");
      expect(headers.get('x-frame-options'), path).toBe('DENY');
    }
  });

  it('keeps nobody out and fits, in any room and either theme', async () => {
    const { url } = await createLink(server, metric);
    const { page, errors } = await browser.open(url);
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await findFaults(page, 'the panel')).toEqual([]);
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await expect
        .poll(() => page.locator('.panel-chart canvas').evaluate(({ clientWidth }) => clientWidth))
        .toBeGreaterThan(width - 60);
      const chart = await page.locator('.panel-chart').boundingBox();
      expect(chart?.height, `${width} × ${height}`).toBeGreaterThan(height / 2);
      for (const shown of ['.panel h1 a', '.panel-value strong', '.panel-value .badge', '.panel-live']) {
        const box = await page.locator(shown).boundingBox();
        expect(box === null ? Infinity : box.x + box.width, `${shown} at ${width}`).toBeLessThanOrEqual(
          width,
        );
      }
      expect(await page.evaluate('document.documentElement.scrollHeight - innerHeight')).toBe(0);
    }
    expect(errors).toEqual([]);
  });

  it('has the theme of its address, whatever the device has', async () => {
    const { url } = await createLink(server, metric, { theme: 'DARK' });
    expect(url).toMatch(/\?theme=dark$/);
    const { page } = await browser.open(url, { colorScheme: 'light' });
    await page.getByText('Live', { exact: true }).waitFor();
    const readGround = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const dark = await readGround();
    await page.goto(url.replace('dark', 'light'));
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await readGround()).not.toBe(dark);
  });

  it('is made, copied and revoked on the page of its metric, by mouse and by keyboard', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/metric/${encodeURIComponent(metric)}`);
      const hands = take(page);
      await hands.press(page.getByRole('button', { name: 'Embed…' }));
      const dialog = page.getByRole('dialog', { name: 'Embed' });
      await dialog.getByText('https://wiki.example.com').waitFor();
      await hands.choose(dialog.getByLabel('Time range'), '1 week');
      await hands.choose(dialog.getByLabel('Expires'), 'In 30');
      await hands.press(dialog.getByRole('button', { name: 'Create link' }));
      const html = dialog.getByLabel('HTML', { exact: true });
      await html.waitFor();
      const src = /src="([^"]+)"/.exec((await html.textContent()) ?? '')?.[1] ?? '';
      expect((await fetch(`${src}/data`)).status).toBe(200);
      expect(await findFaults(page, `the dialog by ${hands.name}`)).toEqual([]);
      await hands.press(dialog.getByRole('button', { name: 'Revoke 7 d' }));
      await dialog.getByRole('button', { name: 'Revoke 7 d' }).waitFor({ state: 'detached' });
      expect((await fetch(`${src}/data`)).status).toBe(403);
      await hands.press(dialog.getByRole('button', { name: 'Close' }));
      await dialog.waitFor({ state: 'detached' });
      expect(errors).toEqual([]);
    }
  });
});
