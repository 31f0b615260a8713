/**
 * `npm run bench:page`: how long a browser takes from opening the page to its first bars, over a fleet with a fortnight
 * of data. With `--picture FILE` it takes the README's picture of the demo instead.
 *
 * Needs Chromium: LAPWING_CHROMIUM, or chromium on the PATH. The page has to be built.
 */
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright-core';
import { startDemo } from './demo-server.ts';

const { values } = parseArgs({
  options: {
    fleet: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    picture: { type: 'string' },
  },
});

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

const isPicture = values.picture !== undefined;
const demo = await startDemo({ port: '0', fleet: isPicture ? 0 : Number(values.fleet) });
const browser = await chromium.launch({
  executablePath: process.env.LAPWING_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  await demo.fill((line) => console.error(line));
  const url = `${demo.address}?window=WEEKS`;
  if (values.picture !== undefined) {
    const viewport = { width: 1280, height: 620 };
    const page = await browser.newPage({ viewport, deviceScaleFactor: 1.5, colorScheme: 'light' });
    await page.goto(`${url}&open=shop%2Fweb-2`);
    await page.locator('.strip').first().waitFor();
    await page.screenshot({ path: values.picture });
    await page.getByRole('link', { name: 'web-2.latency' }).click();
    await page.getByRole('button', { name: '3d' }).click();
    await page.getByRole('region', { name: 'Why' }).waitFor();
    await page.waitForLoadState('networkidle');
    await page.setViewportSize({ width: 1280, height: 700 });
    await page.screenshot({ path: values.picture.replace('.png', '-metric.png') });
  } else {
    const times: number[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      // A context of its own: nothing is cached yet.
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      times.push(await measureFirstBars(await context.newPage(), url));
      await context.close();
    }
    times.sort((a, b) => a - b);
    const value = Math.round(times[Math.floor(times.length / 2)] ?? 0);
    const name = `page: opening to first bars, ${demo.series.length} metrics, a fortnight, nothing cached`;
    console.log(JSON.stringify({ name, value, unit: 'ms', worst: Math.round(times.at(-1) ?? 0) }));
  }
} finally {
  await browser.close();
  await demo.stop();
}
