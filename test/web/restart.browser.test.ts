/** The server is killed under an open page and started again: nothing may be missing, nothing be there twice. */
import { describe, expect, it } from 'vitest';
import { withDatabase } from '../helpers/database.ts';
import { findFreePort, startServerProcess } from '../helpers/server-process.ts';
import { findChromium, openBrowser } from './open-browser.ts';
import { pushStory, untilSettled } from './push-story.ts';

const executable = findChromium();

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
    const first = await startServerProcess(settings);
    const { page } = await browser.open(`${url}/?window=DAYS&order=NAME`);
    await page.getByText('Nothing is watched yet.').waitFor();
    const state = page.locator('.connection');
    await first.kill();
    await state.getByText('offline, trying again').waitFor();
    const second = await startServerProcess(settings);
    await pushStory({ url });
    await untilSettled({ url });
    await state.getByText('live', { exact: true }).waitFor();
    await page.getByRole('img', { name: /1 red/ }).waitFor();
    const { page: fresh } = await browser.open(`${url}/?window=DAYS&order=NAME`);
    await fresh.getByRole('img', { name: /1 red/ }).waitFor();
    const drawn = () => page.locator('.strip path').evaluateAll(readPaths);
    const expected = await fresh.locator('.strip path').evaluateAll(readPaths);
    expect(expected.join('')).toContain('M');
    await expect.poll(drawn, { timeout: 20_000 }).toEqual(expected);
    await second.terminate();
  }, 120_000);
});

function readPaths(paths: readonly { getAttribute: (name: string) => string | null }[]): (string | null)[] {
  return paths.map((path) => path.getAttribute('d'));
}
