/** What can be said of any page: whether it keeps somebody out, and whether it fits. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** Every address of the page but a metric's. */
export const PATHS: readonly string[] = [
  '/',
  '/?window=DAYS',
  '/incidents?show=ALL',
  '/unmonitored',
  '/rules',
  '/rules/new',
  '/maintenance',
  '/messages',
  '/add',
  '/add/autostack',
  '/add/influxdb',
  '/add/prometheus',
  '/add/pushed',
  '/add/transfer',
  '/server',
  '/server/keys',
  '/server/audit',
];

/** Narrow, usual, and a wall. */
const WIDTHS = [360, 1280, 2560];

/** Until what the page shows first is there. */
export async function untilShown(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const { document } = globalThis;
    const isThere = document.querySelector('main h1, main .notice') !== null;
    return isThere && document.querySelector('.waiting') === null;
  });
}

/** One line for each thing that is wrong with what the page shows, in light and in dark, at each width. */
export async function findFaults(page: Page, name: string): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    const over = await measureOverflow(page);
    if (over !== 0) faults.push(`${name} is ${over} pixels too wide at ${width}`);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const barriers = await findBarriers(page, colorScheme === 'light' ? {} : COLOURS_ONLY);
      faults.push(...barriers.map((barrier) => `${name}, ${colorScheme}, ${width} px: ${barrier}`));
    }
  }
  return faults;
}

/** Two themes differ in nothing else. */
const COLOURS_ONLY: axe.RunOptions = { runOnly: { type: 'rule', values: ['color-contrast'] } };

/** Everything axe finds, however slight: its rule and where. */
async function findBarriers(page: Page, options: axe.RunOptions): Promise<readonly string[]> {
  if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(axe.source);
  const run = JSON.stringify({ ...options, resultTypes: ['violations'] });
  const result: unknown = await page.evaluate(`axe.run(${run})`);
  return (result as axe.AxeResults).violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) =>
        `${id} (${impact ?? 'no impact'}): ${String(target)} ${failureSummary ?? ''}`,
    ),
  );
}

/** How far the page is wider than its window, in pixels. */
async function measureOverflow(page: Page): Promise<number> {
  return Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
}
