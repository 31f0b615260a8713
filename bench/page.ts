/**
 * `npm run bench:page`: how long a browser takes from opening the page to its first bars, how evenly it scrolls, and how long
 * a chosen interval takes to its ranked metrics, over a fleet with a fortnight of points. With `--picture FILE` it takes the
 * README's pictures of the demo instead.
 *
 *   --fleet N     so many metrics beside those of the demo; 1000 when left out
 *   --minutes N   time between two points of theirs; 5 when left out: four million points, some minutes of scoring
 *   --rounds N    how often the page is opened; 5 when left out
 *   --live N      and what it keeps of so many minutes in which each metric gets a point every 10 s; 0 when left out
 *
 * Needs Chromium: LAPWING_CHROMIUM, or chromium on the PATH. The page has to be built.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import { goLive } from './demo-live.ts';
import { startDemo } from './demo-server.ts';
import { measureBrushing } from './page-brush.ts';
import { slopeOf, watchKept } from './page-live.ts';
import { measureScrolling } from './page-scroll.ts';

const { values } = parseArgs({
  options: {
    fleet: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
    live: { type: 'string', default: '0' },
    picture: { type: 'string' },
  },
});
const BRUSHES = 15;
const VIEWPORT = { width: 1280, height: 800 };

/** Notes, within the page, when the first bar is drawn. */
const WATCH_BARS = `
  new MutationObserver((_, watch) => {
    if (document.querySelector('.strip path[d^="M"]') === null) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => { globalThis.firstBarsMs = performance.now(); }));
  }).observe(document, { childList: true, subtree: true });
`;

async function measureFirstBars(page: Page, url: string): Promise<number> {
  await page.addInitScript(WATCH_BARS);
  await page.goto(url);
  await page.waitForFunction(() => 'firstBarsMs' in globalThis);
  return Number(await page.evaluate('globalThis.firstBarsMs'));
}

/** Opens the page anew so many times, nothing cached. */
async function reportFirstBars(browser: Browser, url: string, about: string): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const context = await browser.newContext({ viewport: VIEWPORT });
    times.push(await measureFirstBars(await context.newPage(), url));
    await context.close();
  }
  times.sort((a, b) => a - b);
  const value = Math.round(times[Math.floor(times.length / 2)] ?? 0);
  const name = `page: opening to first bars, ${about}, nothing cached`;
  console.log(JSON.stringify({ name, value, unit: 'ms', worst: Math.round(times.at(-1) ?? 0) }));
}

async function reportScrolling(browser: Browser, url: string, about: string): Promise<void> {
  const page = await browser.newPage({ viewport: VIEWPORT });
  await page.goto(url);
  await page.locator('.strip').first().waitFor();
  const { gapsMs, blanks } = await measureScrolling(page);
  const at = (share: number) => Math.round(gapsMs[Math.floor((gapsMs.length - 1) * share)] ?? 0);
  const name = `page: between two pictures while the wall scrolls, ${about}, 99 in 100 below`;
  const facts = { median: at(0.5), worst: at(1), pictures: gapsMs.length, blanks };
  console.log(JSON.stringify({ name, value: at(0.99), unit: 'ms', ...facts }));
  await page.close();
}

async function reportBrushing(browser: Browser, url: string, about: string): Promise<void> {
  const page = await browser.newPage({ viewport: VIEWPORT });
  await page.goto(url);
  await page.locator('.rate button').first().waitFor();
  const times = (await measureBrushing(page, BRUSHES)).toSorted((a, b) => a - b);
  const name = `page: from choosing an interval to its metrics, ${about}`;
  const value = Math.round(times[Math.floor(times.length / 2)] ?? 0);
  console.log(JSON.stringify({ name, value, unit: 'ms', worst: Math.round(times.at(-1) ?? 0) }));
  await page.close();
}

/** Points come in, and the page stays open. */
async function reportLive(browser: Browser, url: string, endMs: number): Promise<void> {
  const page = await browser.newPage({ viewport: VIEWPORT });
  await page.goto(url);
  await page.locator('.strip').first().waitFor();
  const over = new AbortController();
  const until = once(over.signal, 'abort').then(() => undefined);
  const pushing = goLive(demo.api, demo.series, { endMs, until, tell: () => undefined });
  const kept = await Promise.race([
    watchKept(page, Number(values.live)),
    pushing.then(() => {
      throw new Error('the pushing ended');
    }),
  ]);
  over.abort();
  await pushing;
  const heap = kept.map(({ heapMb }) => heapMb);
  const name = `page: heap after ${values.live} minutes live, ${demo.series.length} metrics every 10 s`;
  const facts = {
    first: round1(heap[0]),
    worst: round1(Math.max(...heap)),
    nodes: kept.map(({ nodes }) => nodes),
  };
  console.log(JSON.stringify({ name, value: round1(heap.at(-1)), unit: 'MB', ...facts }));
  // The first minutes fill what the page keeps of the newest scores.
  const settled = heap.slice(Math.floor(heap.length / 3));
  const growth = Math.round(1000 * slopeOf(settled)) / 1000;
  console.log(
    JSON.stringify({
      name: 'page: growth of its heap in the last two thirds',
      value: growth,
      unit: 'MB/min',
    }),
  );
  await page.close();
}

function round1(value: number | undefined): number {
  return Math.round(10 * (value ?? Number.NaN)) / 10;
}

async function takePictures(browser: Browser, url: string, file: string): Promise<void> {
  const viewport = { width: 1280, height: 620 };
  const page = await browser.newPage({ viewport, deviceScaleFactor: 1.5, colorScheme: 'light' });
  await page.goto(`${url}&open=shop%2Fweb-2`);
  await page.locator('.strip').first().waitFor();
  await page.screenshot({ path: file });
  await page.getByRole('link', { name: 'web-2.latency' }).click();
  await page.getByRole('button', { name: '3d' }).click();
  await page.getByRole('region', { name: 'Why' }).waitFor();
  await page.waitForLoadState('networkidle');
  await page.setViewportSize({ width: 1280, height: 700 });
  await page.screenshot({ path: file.replace('.png', '-metric.png') });
}

const { picture } = values;
const minutes = Number(values.minutes);
const demo = await startDemo({
  port: '0',
  fleet: picture === undefined ? Number(values.fleet) : 0,
  fleetStepMs: minutes * 60_000,
});
const browser = await chromium.launch({
  executablePath: process.env.LAPWING_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  const endMs = await demo.fill((line) => console.error(line));
  const url = `${demo.address}?window=WEEKS`;
  if (picture === undefined) {
    const about = `${demo.series.length} metrics, a fortnight of a point every ${minutes} minutes`;
    await reportFirstBars(browser, url, about);
    await reportScrolling(browser, url, about);
    await reportBrushing(browser, url, about);
    if (Number(values.live) > 0) await reportLive(browser, url, endMs);
  } else await takePictures(browser, url, picture);
} finally {
  await browser.close();
  await demo.stop();
}
