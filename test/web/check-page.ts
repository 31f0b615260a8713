/** What axe finds on a page, as far as it is serious. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** One line for each finding: its rule and where. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const result: unknown = await page.evaluate('axe.run()');
  return (result as axe.AxeResults).violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${String(target)} ${failureSummary ?? ''}`),
    );
}

/** How far the page is wider than its window, in pixels. */
export async function measureOverflow(page: Page): Promise<number> {
  return Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
}
