/** The server is killed under an open page and started again: nothing may be missing, nothing be there twice. */
import { describe, expect, it } from 'vitest';
import { withDatabase } from '../helpers/database.ts';
import { findFreePort, startServerProcess } from '../helpers/server-process.ts';
import { findChromium, openBrowser } from './open-browser.ts';
import { pushLeap, pushStory } from './push-story.ts';

const executable = findChromium();
/** No limit in time but the test's own. */
const WAIT = { timeout: 110_000 };

describe.skipIf(executable === null)('the page under a server that is killed', () => {
  it('comes back by itself, and its wall equals a freshly loaded one', async () => {
    await using browser = await openBrowser(executable ?? '');
    await using database = await withDatabase();
    const port = await findFreePort();
    const settings = {
      DATABASE_URL: database.connection,
      LAPWING_PORT: String(port),
      LAPWING_GRAPHITE_PORT: '',
      LAPWING_HOST_METRICS: 'off',
    };
    const url = `http://127.0.0.1:${port}`;
    await using first = await startServerProcess(settings);
    const { page } = await browser.open(`${url}/?window=DAYS&order=NAME`);
    await page.getByText('No metrics yet').waitFor();
    await pushStory({ url });
    const reds = page.getByRole('img', { name: /1 critical/ });
    await reds.waitFor();
    const { page: chart } = await browser.open(`${url}/?window=DAYS&q=calm`);
    await chart.getByRole('link', { name: 'calm' }).click();
    await chart.locator('.reading').getByText('expected').waitFor();
    const { page: numbers } = await browser.open(`${url}/server`);
    await numbers.getByRole('heading', { name: 'This server' }).waitFor();
    const { page: wall } = await browser.open(`${url}/?wall=1&window=DAYS`);
    const wallReds = wall.getByRole('img', { name: /1 critical/ });
    await wallReds.waitFor();
    const state = page.locator('.connection');
    await first.kill();
    await state.getByText(/Offline/).waitFor();
    const follows = chart.getByRole('region', { name: 'Chart' }).getByRole('status');
    await follows.getByText('Not live', { exact: true }).waitFor();
    await wall
      .getByRole('alert')
      .getByText(/^Not live since/)
      .waitFor();
    expect(await wallReds.isVisible()).toBe(true);
    // By the time a second question failed the first failure is drawn: what was on the screen is still there.
    await numbers.waitForEvent('requestfailed');
    await numbers.waitForEvent('requestfailed');
    expect(await numbers.getByRole('heading', { name: 'This server' }).isVisible()).toBe(true);
    await using second = await startServerProcess(settings);
    await pushLeap({ url });
    await state.getByText('Live', { exact: true }).waitFor();
    // What came while it was away is there, and what was there before still is.
    await reds.nth(1).waitFor();
    await wallReds.nth(1).waitFor();
    expect(await wall.getByRole('alert').count()).toBe(0);
    await chart.locator('.reading').getByText('5,000 %').waitFor();
    await follows.getByText('Live', { exact: true }).waitFor();
    const { page: fresh } = await browser.open(`${url}/?window=DAYS&order=NAME`);
    const drawn = () => page.locator('.strip path').evaluateAll(readPaths);
    const expected = () => fresh.locator('.strip path').evaluateAll(readPaths);
    // The fresh one is the bars that are stored, and then what came since: it too may have to grow first.
    await expect
      .poll(async () => {
        const [one, other] = [await drawn(), await expected()];
        return one.join('').includes('M') && JSON.stringify(one) === JSON.stringify(other);
      }, WAIT)
      .toBe(true);
    await second.terminate();
  });
});

function readPaths(paths: readonly { getAttribute: (name: string) => string | null }[]): (string | null)[] {
  return paths.map((path) => path.getAttribute('d'));
}
