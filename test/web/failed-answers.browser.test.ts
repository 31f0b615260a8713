/** A server whose database is away answers with errors, and with nulls beside them: no view may break of it. */
import { describe, expect, it } from 'vitest';
import { startServer } from '../helpers/start-server.ts';
import { breakLink, FAILURES } from './break-link.ts';
import { PATHS, untilShown } from './check-page.ts';
import { findChromium, openBrowser } from './open-browser.ts';
import { pushStory } from './push-story.ts';

const executable = findChromium();
describe.skipIf(executable === null)('the page, when answers fail', () => {
  it.for(Object.keys(FAILURES))(
    'says so in every view and shows it when the server is back: %s',
    async (name) => {
      await using browser = await openBrowser(executable ?? '');
      await using server = await startServer();
      await pushStory(server);
      const { page } = await browser.open('about:blank');
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(`${page.url()}: ${String(error)}`));
      const link = await breakLink(page, FAILURES[name] ?? (() => ({})));
      for (const path of PATHS) {
        link.fail();
        await page.goto(`${server.url}${path}`);
        await untilShown(page);
        await link.restore();
        await page.locator('.connection').getByText('Live', { exact: true }).waitFor();
        await untilShown(page);
        const problems = page.locator('.notice[data-kind=problem]');
        await expect.poll(() => problems.allTextContents(), { timeout: 20_000 }).toEqual([]);
        if ((await page.locator('main h1').count()) === 0) faults.push(`${path} shows nothing`);
      }
      expect(faults).toEqual([]);
    },
  );
});
