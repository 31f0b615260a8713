/**
 * `npm run bench:views -- FOLDER`: pictures of every view of the page, light and dark, at the widths of a telephone, a laptop and a
 * wall, for people to look at. Two servers of its own: one with the demo's fortnight, rules, messages, silences, keys and metrics of
 * every state, and one with nothing, which asks for a key.
 *
 *   --only NAME   only views whose name begins so
 *
 * Needs Chromium: LAPWING_CHROMIUM, or chromium on the PATH. The page has to be built.
 */
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { DEMO_SERIES } from './demo-series.ts';
import { startDemo } from './demo-server.ts';
import { EMPTY, FAILED, listViews, NEW_KEY, type View } from './page-views-list.ts';
import { addRest, addUnmonitored, listMetrics, makeRules } from './page-views-data.ts';
import { addOutage } from './screencast-story.ts';

const SIZES = [
  { width: 360, height: 800 },
  { width: 1280, height: 800 },
  { width: 2560, height: 1440 },
] as const;
const SCHEMES = ['light', 'dark'] as const;
const MAX_WAIT_MS = 20_000;
const KEY = 'lapwing-views-of-the-page-0123456789';

const { values, positionals } = parseArgs({
  options: { only: { type: 'string', default: '' } },
  allowPositionals: true,
});

class Camera {
  readonly #folder: string;
  readonly #only: string;
  count = 0;
  failed = 0;

  constructor(folder: string, only: string) {
    this.#folder = folder;
    this.#only = only;
  }

  /** One picture a size and a scheme. */
  async take(context: BrowserContext, address: string, view: View): Promise<void> {
    const { name, path, act, isScreen = false } = view;
    if (!name.startsWith(this.#only)) return;
    const page = await context.newPage();
    page.setDefaultTimeout(MAX_WAIT_MS);
    await page.setViewportSize(SIZES[1]);
    await page.goto(new URL(path, address).href);
    try {
      await untilShown(page);
      await act?.(page);
      // Below what scrolled away the head of the page would lie across the picture.
      await page.evaluate('scrollTo(0, 0)');
      for (const size of SIZES) {
        await page.setViewportSize(size);
        for (const colorScheme of SCHEMES) {
          await page.emulateMedia({ colorScheme });
          await untilShown(page);
          const file = `${name}-${size.width}-${colorScheme}.png`;
          await page.screenshot({ path: join(this.#folder, file), fullPage: !isScreen });
          this.count++;
        }
      }
    } catch (error) {
      // One view that cannot be reached costs no other its picture.
      this.failed++;
      console.error(`${name}: ${String(error)}`);
    }
    await page.close();
  }
}

async function open(browser: Browser): Promise<BrowserContext> {
  return browser.newContext({ locale: 'en-US', timezoneId: 'UTC' });
}

/** Until nothing is loading, and a chart has been drawn at its new width. */
async function untilShown(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const { document } = globalThis;
    const says = Array.from(document.querySelectorAll('[role=status]'), ({ textContent }) => textContent);
    const isBusy = says.some((text) => /^(?:Loading|Searching)/.test(text));
    const isThere = document.querySelector('main h1, main .notice, dialog[open]') !== null;
    return isThere && !isBusy && document.querySelector('.waiting') === null;
  });
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

async function takeFull(browser: Browser, camera: Camera): Promise<void> {
  const settings = { LAPWING_ALLOW_PRIVATE_TARGETS: '127.0.0.1' };
  const demo = await startDemo({ port: '0', fleet: 0, series: addOutage(DEMO_SERIES), settings });
  // Some messages arrive, and some are refused.
  const receiver = createServer(({ url }, response) => {
    response.writeHead(url === '/refused' ? 500 : 200).end();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  try {
    const url = `${demo.address}graphql`;
    const { port } = receiver.address() as AddressInfo;
    await makeRules(url, `http://127.0.0.1:${port}`);
    await demo.fill((line) => console.error(line));
    const metrics = new Map(await addRest(url));
    await addUnmonitored(url);
    for (const [name, id] of await listMetrics(url)) metrics.set(name, id);
    for (const view of listViews(metrics)) {
      const context = await open(browser);
      await camera.take(context, demo.address, view);
      await context.close();
    }
    const failing = await open(browser);
    await failing.route('**/graphql', (route) => route.abort());
    for (const view of FAILED) await camera.take(failing, demo.address, view);
    await camera.take(await open(browser), demo.address, NEW_KEY);
  } finally {
    await demo.stop();
    receiver.close();
    receiver.closeAllConnections();
  }
}

async function takeEmpty(browser: Browser, camera: Camera): Promise<void> {
  const empty = await startDemo({ port: '0', fleet: 0, settings: { LAPWING_API_KEY: KEY } });
  try {
    const context = await open(browser);
    await camera.take(context, empty.address, { name: 'key-dialog', path: '/', isScreen: true });
    await context.addInitScript(`sessionStorage.setItem('lapwing-api-key', ${JSON.stringify(KEY)})`);
    for (const view of EMPTY) await camera.take(context, empty.address, view);
  } finally {
    await empty.stop();
  }
}

const [folder] = positionals;
if (folder === undefined) throw new Error('say where to: npm run bench:views -- FOLDER');
await mkdir(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.LAPWING_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  const camera = new Camera(folder, values.only);
  await takeFull(browser, camera);
  await takeEmpty(browser, camera);
  console.log(JSON.stringify({ name: folder, pictures: camera.count, failed: camera.failed }));
  if (camera.failed > 0) process.exitCode = 1;
} finally {
  await browser.close();
}
